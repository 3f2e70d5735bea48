import type { S3Client } from "@aws-sdk/client-s3";
import { convergeBucket, obstacles, stateOf } from "./buckets.ts";
import type { CopyJob } from "./copyJob.ts";
import { refuse } from "./failure.ts";
import type { Bucket } from "./job.ts";
import { keepLocked } from "./locks.ts";
import { mark, readMark } from "./marker.ts";
import { rclone } from "./rclone.ts";
import { isUnsupported, openStore, sayError } from "./s3.ts";

/** How objects are copied. */
export interface CopyOptions {
  /** Whether what is not here is deleted in the store to which the objects move; the second copy keeps versions, so always. */
  deleting: boolean;
  /** Told of progress. */
  say: (line: string) => void;
}

/**
 * Copies what changed since the last time; in the second copy what was replaced or deleted stays as an older version. A bucket
 * whose second copy has everything gets a marker, whose age the metrics tell.
 */
export async function copyAll(job: CopyJob, { deleting, say }: CopyOptions): Promise<void> {
  const there = openStore(job.copy, job.copy.key);
  await makeBuckets(there, job, say);
  const command = deleting || job.place === "copy" ? "sync" : "copy";
  const failed: string[] = [];
  for (const { site, copy } of job.pairs) {
    say(`bucket ${site}: copying to ${copy}`);
    const code = await rclone({ job, args: [command, `site:${site}`, `copy:${copy}`, "--metadata"] });
    if (code !== 0) {
      failed.push(`bucket ${site}: rclone ended with ${code}: the next copy goes on from here`);
      continue;
    }
    if (job.place === "copy")
      await finish(
        there,
        job.buckets.find(({ name }) => name === copy)!,
        say,
      );
    say(`bucket ${site}: the copy has everything`);
  }
  refuse(failed);
}

/** What is there stays locked, and is marked as complete. */
async function finish(there: S3Client, bucket: Bucket, say: (line: string) => void): Promise<void> {
  const last = await readMark(there, bucket.name);
  await mark(there, bucket.name, await keepLocked(there, bucket, { last, now: new Date(), say }));
}

/** Buckets to which objects move may be somebody else's: those that are there stay as they are. */
async function makeBuckets(client: S3Client, job: CopyJob, say: (line: string) => void): Promise<void> {
  const reasons: string[] = [];
  for (const bucket of job.buckets) reasons.push(...(await obstacles(client, bucket)));
  refuse(reasons);
  for (const bucket of job.buckets) {
    if (job.place === "next" && (await stateOf(client, bucket.name)) !== "absent") continue;
    await convergeBucket(client, bucket, say).catch((error: unknown) => {
      if (isUnsupported(error))
        refuse([`bucket ${bucket.name} cannot be made there: the store lacks ${sayError(error)}`]);
      throw error;
    });
  }
}
