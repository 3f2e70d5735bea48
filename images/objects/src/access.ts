import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListObjectsV2Command,
  type S3Client,
} from "@aws-sdk/client-s3";
import { scratchKey } from "./features.ts";
import type { Bucket, User } from "./job.ts";
import { isAbsent, isDenied, sayError } from "./s3.ts";

/** What a user can do, against what config says. */
export interface Verdict {
  /** What it cannot do and should. */
  lacks: string[];
  /** What it can do and should not. */
  exceeds: string[];
}

/** Tries, as a user, everything that config lets it do and everything that it does not; leaves nothing behind. */
export async function tryAccess(client: S3Client, { name, access }: User, buckets: Bucket[]): Promise<Verdict> {
  const verdict: Verdict = { lacks: [], exceeds: [] };
  for (const bucket of buckets) {
    const mode = access.find((one) => one.bucket === bucket.name)?.mode;
    await compare(mode !== undefined, `read bucket ${bucket.name}`, () => read(client, bucket.name));
    await compare(mode === "readwrite", `write to bucket ${bucket.name}`, () => write(client, bucket.name));
  }
  return verdict;

  async function compare(should: boolean, what: string, attempt: () => Promise<void>): Promise<void> {
    try {
      await attempt();
      if (!should) verdict.exceeds.push(`user ${name} can ${what}, and config does not say so`);
    } catch (error) {
      if (should) verdict.lacks.push(`user ${name} cannot ${what}: ${sayError(error)}`);
      else if (!isDenied(error) && !isAbsent(error)) throw error;
    }
  }
}

async function read(client: S3Client, Bucket: string): Promise<void> {
  await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 1 }));
}

/** Beginning an upload needs the right to write; given up, it leaves no object and no version. */
async function write(client: S3Client, Bucket: string): Promise<void> {
  const object = { Bucket, Key: scratchKey() };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(object));
  await client.send(new AbortMultipartUploadCommand({ ...object, UploadId }));
}
