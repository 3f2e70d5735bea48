import { PutObjectRetentionCommand, type S3Client } from "@aws-sdk/client-s3";
import { listObjects } from "./contents.ts";
import { inTurns } from "./inTurns.ts";
import type { Bucket } from "./job.ts";

/** Milliseconds of a day. */
const DAY = 86_400_000;

/** When the locks of a bucket were extended the last time, and what is told. */
export interface KeepLockedArgs {
  /** When that was; undefined: never. */
  last: Date | undefined;
  /** Time now. */
  now: Date;
  /** Told how many were extended. */
  say: (line: string) => void;
}

/**
 * Extends the locks of what did not change for half of their time: a lock counts from when an object was written, and would
 * leave those that nobody touches to whoever has the key.
 *
 * @returns when they were extended the last time.
 */
export async function keepLocked(client: S3Client, bucket: Bucket, { last, now, say }: KeepLockedArgs): Promise<Date> {
  const { name: Bucket, objectLock } = bucket;
  const half = (objectLock?.days ?? 0) * (DAY / 2);
  if (!objectLock || (last && now.getTime() - last.getTime() < half)) return last ?? now;
  const Mode = objectLock.mode === "governance" ? "GOVERNANCE" : "COMPLIANCE";
  const Retention = { Mode, RetainUntilDate: new Date(now.getTime() + 2 * half) } as const;
  let count = 0;
  await inTurns(listObjects(client, Bucket), async ({ key: Key, modified }) => {
    if (now.getTime() - modified.getTime() < half) return;
    await client.send(new PutObjectRetentionCommand({ Bucket, Key, Retention }));
    count += 1;
  });
  if (count > 0) say(`bucket ${Bucket}: ${count} locks extended to ${Retention.RetainUntilDate.toISOString()}`);
  return now;
}
