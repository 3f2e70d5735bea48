import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { Failure } from "./failure.ts";
import { MARKER } from "./marker.ts";

/** An object as a listing has it. */
export interface Listed {
  /** Its key. */
  key: string;
  /** The key's bytes, by which listings are ordered. */
  order: Buffer;
  /** Bytes. */
  size: number;
  /** When it was written. */
  modified: Date;
  /** What the store calls its content; empty where it says nothing. */
  etag: string;
}

/** Lists a bucket, a page at a time, without the copy's marker. @throws Failure where the keys do not come in order. */
export async function* listObjects(client: S3Client, Bucket: string): AsyncGenerator<Listed, undefined> {
  let [last, ContinuationToken] = [Buffer.alloc(0), undefined as string | undefined];
  do {
    const page = await client.send(new ListObjectsV2Command({ Bucket, ContinuationToken }));
    for (const {
      Key: key = "",
      Size: size = 0,
      ETag: etag = "",
      LastModified: modified = new Date(0),
    } of page.Contents ?? []) {
      const order = Buffer.from(key);
      if (Buffer.compare(last, order) >= 0)
        throw new Failure([`bucket ${Bucket} is not listed in the order of its keys`]);
      last = order;
      if (key !== MARKER) yield { key, order, size, modified, etag };
    }
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
}

/** Reads an object to its end and gives a checksum of what came. */
export async function digestOf(client: S3Client, Bucket: string, Key: string): Promise<string> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
  const hash = createHash("sha256");
  for await (const part of Body as Readable) hash.update(part as Buffer);
  return hash.digest("hex");
}
