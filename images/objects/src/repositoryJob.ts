import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CONFIG, readKey, type Key } from "./job.ts";

/** A repository of backups that is tried before anything is stored in it; the Job's configuration as the platform writes it. */
export interface RepositoryJob {
  /** URL of the service. */
  endpoint: string;
  /** Region that requests are signed for. */
  region: string;
  /** The bucket. */
  bucket: string;
  /** What the repository's keys begin with: nothing else in the bucket is touched. */
  prefix: string;
  /** Path of the repository in the stack's config, such as `archipel:database.backup.offsite`. */
  path: string;
  /** Config keys that hold what is secret, and the CA where it is no public one. */
  from: { accessKeyId: string; secretAccessKey: string; ca?: string };
}

/** What opens a repository. */
export interface RepositoryKeys {
  /** Its access key. */
  key: Key;
  /** CA of the service, PEM; undefined: the public ones. */
  ca?: string;
}

/** Folders of CAs; see the script `objects`. */
const CA_FOLDER = process.env["CA_FOLDER"] ?? "/ca";

/** Reads which repository is to be tried. */
export const readRepositoryJob = async (): Promise<RepositoryJob> =>
  JSON.parse(await readFile(CONFIG, "utf8")) as RepositoryJob;

/** Reads what opens it. */
export async function readRepositoryKeys({ from }: RepositoryJob): Promise<RepositoryKeys> {
  const key = await readKey("repository");
  return { key, ...(from.ca && { ca: await readFile(join(CA_FOLDER, "repository", "ca.crt"), "utf8") }) };
}
