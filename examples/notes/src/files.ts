import { readFileSync } from "node:fs";
import { Agent } from "node:https";
import type { Readable } from "node:stream";
import { GetObjectCommand, HeadBucketCommand, NoSuchKey, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { BucketSettings } from "./settings.ts";

/** Largest file, in bytes. */
export const largestFile = 10 * 1024 * 1024;

/** A file on its way out. */
export interface StoredFile {
  content: Readable;
  type: string;
  /** Length in bytes. */
  length: number | undefined;
}

/** The files in the bucket. */
export class Files {
  private readonly client: S3Client;
  private readonly bucket: string;

  /** @param settings where the bucket is. */
  constructor({ endpoint, region, name, accessKeyId, secretAccessKey, caFile }: BucketSettings) {
    this.bucket = name;
    const ca = caFile ? readFileSync(caFile, "utf8") : undefined;
    this.client = new S3Client({
      endpoint,
      region,
      credentials: { accessKeyId, secretAccessKey },
      forcePathStyle: true,
      maxAttempts: 3,
      requestHandler: {
        connectionTimeout: 2000,
        requestTimeout: 15_000,
        httpsAgent: new Agent({ keepAlive: true, ca }),
      },
    });
  }

  /** Stores a file under a name, replacing what was there. */
  async put(name: string, content: Buffer, type: string): Promise<void> {
    const input = { Bucket: this.bucket, Key: name, Body: content, ContentType: type };
    await this.client.send(new PutObjectCommand(input));
  }

  /** @returns the file, undefined if there is none of that name. */
  async get(name: string): Promise<StoredFile | undefined> {
    try {
      const answer = await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: name }));
      return {
        content: answer.Body as Readable,
        type: answer.ContentType ?? "application/octet-stream",
        length: answer.ContentLength,
      };
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  }

  /** Succeeds if the bucket answers within two seconds. */
  async check(): Promise<void> {
    await this.client.send(new HeadBucketCommand({ Bucket: this.bucket }), { abortSignal: AbortSignal.timeout(2000) });
  }

  /** Closes all connections. */
  close(): void {
    this.client.destroy();
  }
}
