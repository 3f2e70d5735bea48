import { createHash } from "node:crypto";
import { GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { isAbsent } from "./s3.ts";

/**
 * Object in each bucket of a second copy that was written when the copy was complete, and says when the locks there were
 * extended the last time; copies and comparisons leave it out.
 */
export const MARKER = ".archipel-copied";

/** Marks a bucket as complete. S3 asks for a checksum where a bucket has a lock. */
export async function mark(client: S3Client, Bucket: string, locked: Date): Promise<void> {
  const Body = locked.toISOString();
  const ContentMD5 = createHash("md5").update(Body).digest("base64");
  await client.send(new PutObjectCommand({ Bucket, Key: MARKER, Body, ContentMD5 }));
}

/** When a bucket's locks were extended the last time; undefined: never, or nobody knows. */
export async function readMark(client: S3Client, Bucket: string): Promise<Date | undefined> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: MARKER }));
    const time = new Date((await Body?.transformToString()) ?? "");
    return Number.isNaN(time.getTime()) ? undefined : time;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
