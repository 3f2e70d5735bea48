import { randomBytes } from "node:crypto";
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  type DeleteObjectCommandInput,
  type ListObjectsV2CommandOutput,
  type S3Client,
} from "@aws-sdk/client-s3";
import { inTurns } from "./inTurns.ts";
import { isAbsent, isUnsupported } from "./s3.ts";
import { versionPages } from "./versions.ts";

/** What the names of buckets begin with in which something is tried out. */
const PREFIX = "archipel-proof-";

/** Milliseconds after which such a bucket cannot be in use any more. */
const ABANDONED = 3_600_000;

/** Gives a bucket of its own to whoever tries something out, and takes it away with all that is in it. */
export async function withScratchBucket<T>(
  client: S3Client,
  { objectLock = false }: { objectLock?: boolean },
  use: (bucket: string) => Promise<T>,
): Promise<T> {
  const Bucket = PREFIX + randomBytes(6).toString("hex");
  await client.send(new CreateBucketCommand({ Bucket, ...(objectLock && { ObjectLockEnabledForBucket: true }) }));
  try {
    return await use(Bucket);
  } finally {
    await removeBucket(client, Bucket);
  }
}

/** Takes away what a run left that was killed. */
export async function removeAbandoned(client: S3Client): Promise<void> {
  const { Buckets = [] } = await client.send(new ListBucketsCommand());
  for (const { Name = "", CreationDate } of Buckets) {
    const age = Date.now() - (CreationDate?.getTime() ?? Date.now());
    if (Name.startsWith(PREFIX) && age > ABANDONED) await removeBucket(client, Name);
  }
}

async function removeBucket(client: S3Client, Bucket: string): Promise<void> {
  try {
    await removeVersions(client, { Bucket });
    await client.send(new DeleteBucketCommand({ Bucket }));
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

/** Deletes every version of the objects whose key begins so. */
export async function removeVersions(client: S3Client, where: { Bucket: string; Prefix?: string }): Promise<void> {
  await inTurns(versionsIn(client, where), (version) =>
    client.send(new DeleteObjectCommand({ Bucket: where.Bucket, ...version })),
  );
}

/** What is deleted to be rid of a version. */
type One = Pick<DeleteObjectCommandInput, "Key" | "VersionId">;

/** A store that keeps no versions may not list them either: there an object is all that there is of it. */
async function* versionsIn(
  client: S3Client,
  where: { Bucket: string; Prefix?: string },
): AsyncGenerator<One, undefined> {
  try {
    for await (const { Versions = [], DeleteMarkers = [] } of versionPages(client, where)) {
      yield* [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }));
    }
  } catch (error) {
    if (!isUnsupported(error)) throw error;
    yield* objectsIn(client, where);
  }
}

async function* objectsIn(
  client: S3Client,
  where: { Bucket: string; Prefix?: string },
): AsyncGenerator<One, undefined> {
  let ContinuationToken: string | undefined;
  do {
    const page: ListObjectsV2CommandOutput = await client.send(
      new ListObjectsV2Command({ ...where, ContinuationToken }),
    );
    yield* (page.Contents ?? []).map(({ Key }) => ({ Key }));
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
}
