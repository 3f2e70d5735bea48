import { readFile } from "node:fs/promises";
import type { Bucket, Key } from "./job.ts";
import { readKey } from "./job.ts";

/** A store, and what opens it. */
export interface Store {
  /** URL of the service. */
  endpoint: string;
  /** Region that requests are signed for. */
  region: string;
  /** The key. */
  key: Key;
}

/** What is copied where. */
export interface CopyJob {
  /** The site's store. */
  site: Store;
  /** The other place. */
  copy: Store;
  /** What that is: the second copy, which is ours alone, or the store to which the objects move. */
  place: "copy" | "next";
  /** Each bucket with its name there. */
  pairs: { site: string; copy: string }[];
  /** The buckets there, as they are made. */
  buckets: Bucket[];
}

/** Where the Job's configuration is. */
const CONFIG = process.env["OBJECTS_COPY_CONFIG"] ?? "/etc/objects/copy.json";

/** Reads what is to be copied, with the keys of both stores. */
export async function readCopyJob(): Promise<CopyJob> {
  const job = JSON.parse(await readFile(CONFIG, "utf8")) as Omit<CopyJob, "site" | "copy"> & {
    site: Omit<Store, "key">;
    copy: Omit<Store, "key">;
  };
  return {
    ...job,
    site: { ...job.site, key: await readKey("site") },
    copy: { ...job.copy, key: await readKey("copy") },
  };
}
