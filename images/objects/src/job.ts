import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** What the Job is to make of a store; its configuration as the platform writes it. */
export interface Job {
  /** URL of the store. */
  endpoint: string;
  /** Region that requests are signed for. */
  region: string;
  /** Who makes buckets and users: `nothing` is made here, `buckets` only, or users too by Ceph's gateway (`rgw`). */
  manage: "nothing" | "buckets" | "rgw";
  /** Display name that marks the users which were made here; only where they are. */
  owner: string;
  /** The buckets. */
  buckets: Bucket[];
  /** Who uses them. */
  users: User[];
  /** Config keys of what opens the store; undefined where the platform made its keys itself. */
  from?: { account?: KeyFrom; users: Record<string, KeyFrom>; ca?: string };
}

/** Where an access key comes from. */
export interface KeyFrom {
  /** Its path in the stack's config, such as `archipel:objects.account`. */
  path: string;
  /** Config key with its id. */
  accessKeyId: string;
  /** Config key with its secret. */
  secretAccessKey: string;
}

/** One bucket as config describes it. */
export interface Bucket {
  /** Its name. */
  name: string;
  /** Whether old versions are kept. */
  versioning: boolean;
  /** For how long a version cannot be deleted. */
  objectLock?: { mode: "governance" | "compliance"; days: number };
  /** Bytes that it may hold at most. */
  quotaBytes?: number;
  /** What goes by itself. */
  lifecycle: { prefix: string; expireDays?: number; noncurrentDays?: number; abortUploadDays?: number }[];
}

/** One user as config describes it. */
export interface User {
  /** Its name in config. */
  name: string;
  /** Its name in the store, where it is made here. */
  login: string;
  /** Buckets that it uses, and how. */
  access: { bucket: string; mode: "readonly" | "readwrite" }[];
  /** The same as statements of an S3 policy. */
  rules: { Statement: { Effect: string; Action: string[]; Resource: string[] }[] };
}

/** An access key. */
export interface Key {
  accessKeyId: string;
  secretAccessKey: string;
}

/** Where a Job finds its configuration. */
export const CONFIG = process.env["OBJECTS_CONFIG"] ?? "/etc/objects/config.json";
/** Where it finds keys, each in a folder of its own. */
const KEYS = process.env["OBJECTS_KEYS"] ?? "/secrets";

/** Reads what is to be done. */
export const readJob = async (): Promise<Job> => JSON.parse(await readFile(CONFIG, "utf8")) as Job;

/** Reads the key in a folder: `account`, which owns the buckets, `users` and a name, or a store. */
export async function readKey(...folder: string[]): Promise<Key> {
  const read = (name: keyof Key) => readFile(join(KEYS, ...folder, name), "utf8");
  return { accessKeyId: await read("accessKeyId"), secretAccessKey: await read("secretAccessKey") };
}
