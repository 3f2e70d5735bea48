import { DeleteObjectsCommand, type S3Client } from "@aws-sdk/client-s3";

/** Most keys of one request. */
const BATCH = 500;

/** Removes objects. */
export async function removeObjects(s3: S3Client, bucket: string, keys: string[]): Promise<void> {
  for (let from = 0; from < keys.length; from += BATCH) {
    const Objects = keys.slice(from, from + BATCH).map((Key) => ({ Key }));
    await s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }));
  }
}
