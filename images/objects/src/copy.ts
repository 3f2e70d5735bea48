import { createHash } from "node:crypto";
import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { convergeBucket, obstacles } from "./buckets.ts";
import type { CopyJob } from "./copyJob.ts";
import { refuse } from "./failure.ts";
import type { Bucket } from "./job.ts";
import { MARKER } from "./marker.ts";
import { rclone } from "./rclone.ts";
import { isUnsupported, openStore, sayError } from "./s3.ts";

/** S3 asks for it where a bucket has a lock. */
const MD5_OF_NOTHING = createHash("md5").digest("base64");

/**
 * Copies what changed since the last time; what was replaced or deleted stays as an older version. A bucket whose copy has
 * everything gets a marker, whose age the metrics tell.
 */
export async function copyAll(job: CopyJob, say: (line: string) => void): Promise<void> {
  const there = openStore(job.copy, job.copy.key);
  await makeBuckets(there, job, say);
  const failed: string[] = [];
  for (const { site, copy } of job.pairs) {
    say(`bucket ${site}: copying to ${copy}`);
    const code = await rclone({ job, args: ["sync", `site:${site}`, `copy:${copy}`, "--metadata"] });
    if (code !== 0) {
      failed.push(`bucket ${site}: rclone ended with ${code}: the next copy goes on from here`);
      continue;
    }
    await there.send(new PutObjectCommand({ Bucket: copy, Key: MARKER, Body: "", ContentMD5: MD5_OF_NOTHING }));
    say(`bucket ${site}: the copy has everything`);
  }
  refuse(failed);
}

async function makeBuckets(client: S3Client, job: CopyJob, say: (line: string) => void): Promise<void> {
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
