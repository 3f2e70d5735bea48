import { HeadBucketCommand } from "@aws-sdk/client-s3";
import type { CopyJob } from "./copyJob.ts";
import { Failure } from "./failure.ts";
import { readKey } from "./job.ts";
import { rclone } from "./rclone.ts";
import { openStore, sayError } from "./s3.ts";

/** What is to come back. */
export interface RestoreOrder {
  /** The bucket of the site. */
  bucket: string;
  /** The bucket into which its objects come; another one leaves the first as it is. */
  into: string;
  /** The moment, in ISO 8601; undefined: as the copy is now. */
  at?: string;
}

/** Brings a bucket's objects back from the copy, as they were at a moment; what came since stays. */
export async function restore(job: CopyJob, { bucket, into, at }: RestoreOrder): Promise<void> {
  const pair = job.pairs.find(({ site }) => site === bucket);
  if (!pair) throw new Failure([`bucket ${bucket} is not copied: ${job.pairs.map(({ site }) => site).join(", ")}`]);
  // The key that copies may only read here.
  const site = { ...job.site, key: await readKey("writer") };
  try {
    await openStore(site, site.key).send(new HeadBucketCommand({ Bucket: into }));
  } catch (error) {
    throw new Failure([`bucket ${into} does not open to its user: ${sayError(error)}`]);
  }
  const args = ["copy", `copy:${pair.copy}`, `site:${into}`, "--metadata"];
  const code = await rclone({ job: { ...job, site }, args, at });
  if (code !== 0) throw new Failure([`rclone ended with ${code}: run it again, it goes on from here`]);
}
