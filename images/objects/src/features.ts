import { randomBytes } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetBucketLifecycleConfigurationCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  ListObjectsV2Command,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  UploadPartCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { WITHOUT_VERSIONS } from "./buckets.ts";
import type { Bucket, Job } from "./job.ts";
import { isAbsent, isDenied, sayError } from "./s3.ts";
import { withScratchBucket } from "./scratch.ts";

/** Where a feature is tried. */
export interface Place {
  /** The store, opened. */
  client: S3Client;
  /** A bucket. */
  bucket: string;
  /** A key that nobody else uses. */
  key: string;
}

/** One thing that a store must be able to do. */
interface Feature {
  /** What it is called. */
  name: string;
  /** The buckets that need it; with none it is not tried. */
  neededBy: (buckets: Bucket[]) => Bucket[];
  /** What it needs the object of; where that does not work it is not tried. */
  restsOn?: string;
  /** What config says to do without. */
  without?: string;
  /** Tries it, and throws where it does not work. */
  prove: (place: Place) => Promise<void>;
}

/** Least size of a part that is not the last one, as S3 has it. */
const PART = 5 * 2 ** 20;

const expect = (right: boolean, what: string): void => {
  if (!right) throw new Error(what);
};

const everyBucket = (buckets: Bucket[]): Bucket[] => buckets;

async function content({ client, bucket, key }: Place, more: { Range?: string; VersionId?: string } = {}) {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...more }));
  return (await Body?.transformToString()) ?? "";
}

async function put({ client, bucket, key }: Place, Body: string): Promise<string | undefined> {
  const { VersionId } = await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body }));
  return VersionId;
}

const WRITING = "writing and reading objects, whole and in part";

/** What every user of every store does; it leaves nothing behind in a bucket without versioning. */
const BASIC: Feature[] = [
  {
    name: WRITING,
    neededBy: everyBucket,
    async prove(place) {
      await put(place, "0123456789");
      expect((await content(place)) === "0123456789", "another content came back");
      expect((await content(place, { Range: "bytes=2-4" })) === "234", "another part came back than was asked for");
    },
  },
  {
    name: "listing objects",
    neededBy: everyBucket,
    restsOn: WRITING,
    async prove({ client, bucket, key }) {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: key }));
      expect(
        Contents.some(({ Key }) => Key === key),
        "an object that is there is not listed",
      );
    },
  },
  {
    name: "deleting objects",
    neededBy: everyBucket,
    restsOn: WRITING,
    async prove(place) {
      await place.client.send(new DeleteObjectCommand({ Bucket: place.bucket, Key: place.key }));
      const left = await content(place).catch((error: unknown) => {
        // To whoever may not list, what is not there is denied.
        if (isAbsent(error) || isDenied(error)) return undefined;
        throw error;
      });
      expect(left === undefined, "a deleted object can still be read");
    },
  },
  {
    name: "uploads in parts",
    neededBy: everyBucket,
    prove: uploadInParts,
  },
];

async function uploadInParts({ client, bucket, key }: Place): Promise<void> {
  const object = { Bucket: bucket, Key: key };
  const parts = [randomBytes(PART), Buffer.from("end")];
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(object));
  try {
    const Parts = [];
    for (const [index, Body] of parts.entries()) {
      const PartNumber = index + 1;
      const { ETag } = await client.send(new UploadPartCommand({ ...object, UploadId, PartNumber, Body }));
      Parts.push({ ETag, PartNumber });
    }
    await client.send(new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts } }));
  } catch (error) {
    await client.send(new AbortMultipartUploadCommand({ ...object, UploadId })).catch(() => undefined);
    throw error;
  }
  try {
    const { Body } = await client.send(new GetObjectCommand(object));
    const came = Buffer.from((await Body?.transformToByteArray()) ?? []);
    expect(came.equals(Buffer.concat(parts)), "another content came back than was sent in two parts");
  } finally {
    // Whether that works is tried on its own.
    await client.send(new DeleteObjectCommand(object)).catch(() => undefined);
  }
}

/** What only some buckets need; it changes the bucket, so that it is tried in one of its own. */
const SPECIAL: Feature[] = [
  {
    name: "versioning",
    neededBy: (buckets) => buckets.filter(({ versioning, objectLock }) => versioning || objectLock),
    without: WITHOUT_VERSIONS,
    async prove(place) {
      const VersioningConfiguration = { Status: "Enabled" } as const;
      await place.client.send(new PutBucketVersioningCommand({ Bucket: place.bucket, VersioningConfiguration }));
      const first = await put(place, "first");
      await put(place, "second");
      expect((await content(place, { VersionId: first })) === "first", "the former version is not there");
    },
  },
  {
    name: "lifecycle rules",
    neededBy: (buckets) => buckets.filter(({ lifecycle }) => lifecycle.length > 0),
    async prove({ client, bucket }) {
      const Rules = [{ ID: "proof", Status: "Enabled" as const, Filter: { Prefix: "" }, Expiration: { Days: 3650 } }];
      const LifecycleConfiguration = { Rules };
      await client.send(new PutBucketLifecycleConfigurationCommand({ Bucket: bucket, LifecycleConfiguration }));
      const now = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }));
      expect(now.Rules?.[0]?.Expiration?.Days === 3650, "a rule that was set is not there");
    },
  },
  {
    name: "object lock",
    neededBy: (buckets) => buckets.filter(({ objectLock }) => objectLock !== undefined),
    prove: ({ client }) =>
      withScratchBucket(client, { objectLock: true }, async (Bucket) => {
        const { ObjectLockConfiguration } = await client.send(new GetObjectLockConfigurationCommand({ Bucket }));
        expect(ObjectLockConfiguration?.ObjectLockEnabled === "Enabled", "a bucket that was made with it has none");
      }),
  },
];

/** A key that nobody else uses. */
export const scratchKey = (): string => `.archipel-proof-${randomBytes(6).toString("hex")}`;

/** What a store lacks of what every bucket needs, each in words with who needs it. */
export const missingBasics = (place: Place, buckets: Bucket[]): Promise<string[]> => missing(BASIC, place, buckets);

/** What a store lacks of what these buckets need, each in words with who needs it; tried in a bucket of its own. */
export const missingFeatures = (client: S3Client, { buckets }: Pick<Job, "buckets">): Promise<string[]> =>
  withScratchBucket(client, {}, (bucket) =>
    missing([...BASIC, ...SPECIAL], { client, bucket, key: scratchKey() }, buckets),
  );

async function missing(features: Feature[], place: Place, buckets: Bucket[]): Promise<string[]> {
  const lacks: string[] = [];
  const failed = new Set<string>();
  for (const { name, neededBy, restsOn, without, prove } of features) {
    const needed = neededBy(buckets).map((bucket) => bucket.name);
    if (needed.length === 0 || (restsOn && failed.has(restsOn))) continue;
    try {
      await prove(place);
    } catch (error) {
      failed.add(name);
      lacks.push(`${name}: ${sayError(error)}; needed by bucket ${needed.join(", ")}${without ? `; ${without}` : ""}`);
    }
  }
  return lacks;
}
