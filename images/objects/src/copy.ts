import { convergeBucket, obstacles } from "./buckets.ts";
import type { CopyJob } from "./copyJob.ts";
import { refuse } from "./failure.ts";
import type { Bucket } from "./job.ts";
import { rclone } from "./rclone.ts";
import { isUnsupported, openStore, sayError } from "./s3.ts";

/** Copies what changed since the last time; what was replaced or deleted stays as an older version. */
export async function copyAll(job: CopyJob, say: (line: string) => void): Promise<void> {
  await makeBuckets(job, say);
  const failed: string[] = [];
  for (const { site, copy } of job.pairs) {
    say(`bucket ${site}: copying to ${copy}`);
    const code = await rclone({ job, args: ["sync", `site:${site}`, `copy:${copy}`, "--metadata"] });
    if (code === 0) say(`bucket ${site}: the copy has everything`);
    else failed.push(`bucket ${site}: rclone ended with ${code}: the next copy goes on from here`);
  }
  refuse(failed);
}

async function makeBuckets(job: CopyJob, say: (line: string) => void): Promise<void> {
  const client = openStore(job.copy, job.copy.key);
  const buckets = job.pairs.map(({ copy }) => copyBucket(copy, job));
  const reasons: string[] = [];
  for (const bucket of buckets) reasons.push(...(await obstacles(client, bucket)));
  refuse(reasons);
  for (const bucket of buckets) {
    await convergeBucket(client, bucket, say).catch((error: unknown) => {
      if (isUnsupported(error))
        refuse([`bucket ${bucket.name} cannot be a copy: the store there lacks ${sayError(error)}`]);
      throw error;
    });
  }
}

const copyBucket = (name: string, { keepDays, lock }: CopyJob): Bucket => ({
  name,
  versioning: true,
  ...(lock !== "none" && { objectLock: { mode: lock, days: keepDays } }),
  lifecycle: [{ prefix: "", noncurrentDays: keepDays, abortUploadDays: 7 }],
});
