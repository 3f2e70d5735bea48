import assert from "node:assert/strict";
import {
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { missingBasics, scratchKey } from "../../images/objects/src/features.ts";

/** Key of the user `limited`, whom a policy denies one thing. */
export const LIMITED = { accessKeyId: "limited-key", secretAccessKey: "secret-of-the-limited" };

/** What is denied, and what a user then lacks. */
const DENIED: [string, string[]][] = [
  ["s3:PutObject", ["writing and reading objects, whole and in part", "uploads in parts"]],
  ["s3:GetObject", ["writing and reading objects, whole and in part", "uploads in parts"]],
  ["s3:ListBucket", ["listing objects"]],
  ["s3:DeleteObject", ["deleting objects"]],
];

/** A statement of a policy, but for whom it is of. */
export interface Rule {
  Effect: "Allow" | "Deny";
  Action: string[];
  Resource: string[];
}

/** Whoever lacks one right is told of that one, and who needs it. */
export function tellsDenialsApart({
  bucket = "denied",
  limit,
  limited,
}: {
  /** Name of a bucket of its own. Default: denied. */
  bucket?: string;
  /** Lets the user `limited` do what the rules say in that bucket, and nothing else; makes the bucket where it is not there. */
  limit: (bucket: string, rules: Rule[]) => Promise<unknown>;
  /** Opens the store as that user. */
  limited: () => Promise<S3Client>;
}): void {
  for (const [action, lacks] of DENIED) {
    it(`names what is missing where it denies ${action}`, async () => {
      const Resource = [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`];
      await limit(bucket, [
        { Effect: "Allow", Action: ["s3:*"], Resource },
        { Effect: "Deny", Action: [action], Resource },
      ]);
      const needs = [{ name: bucket, versioning: false, lifecycle: [] }];
      const found = await missingBasics({ client: await limited(), bucket, key: scratchKey() }, needs);
      assert.deepEqual(
        found.map((line) => line.replace(/: AccessDenied \(403\).*;/, ": denied;")),
        lacks.map((name) => `${name}: denied; needed by bucket ${bucket}`),
      );
    });
  }
}

/** Limits the user `limited` by the policy of a bucket, as its owner on a Ceph gateway does. */
export const byBucketPolicy =
  (owner: () => S3Client) =>
  async (Bucket: string, rules: Rule[]): Promise<void> => {
    await owner().send(new CreateBucketCommand({ Bucket }));
    const Statement = rules.map((rule) => ({ ...rule, Principal: { AWS: ["arn:aws:iam:::user/limited"] } }));
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
    await owner().send(new PutBucketPolicyCommand({ Bucket, Policy }));
  };

const denied = { name: "AccessDenied" };

/** Two users of a bucket, and what they have nothing to do with. */
interface TwoUsers {
  /** One who reads and writes in the bucket. */
  writer: S3Client;
  /** One who only reads. */
  reader: S3Client;
  /** The bucket. */
  bucket: string;
  /** A bucket that the reader has no access to. */
  other: string;
}

/** Whoever may only read neither writes nor deletes, by no request, and reaches no other bucket. */
export async function onlyReads({ writer, reader, bucket: Bucket, other }: TwoUsers): Promise<void> {
  const object = { Bucket, Key: "greeting" };
  await writer.send(new PutObjectCommand({ ...object, Body: "hello" }));
  const { Contents = [] } = await reader.send(new ListObjectsV2Command({ Bucket }));
  assert.ok(Contents.some(({ Key }) => Key === object.Key));
  const writes = function* () {
    yield reader.send(new PutObjectCommand({ ...object, Body: "changed" }));
    yield reader.send(new PutObjectCommand({ Bucket, Key: "new", Body: "new" }));
    yield reader.send(new CopyObjectCommand({ Bucket, Key: "new", CopySource: `${Bucket}/${object.Key}` }));
    yield reader.send(new CreateMultipartUploadCommand({ Bucket, Key: "new" }));
    yield reader.send(new DeleteObjectCommand(object));
    yield deleteSeveral(reader, Bucket, object.Key);
  };
  for (const refused of writes()) await assert.rejects(refused, denied);
  await isKeptOut(reader, other);
  const { Body } = await reader.send(new GetObjectCommand(object));
  assert.equal(await Body?.transformToString(), "hello");
}

/** Deletes by the request for many keys, which answers for each. */
async function deleteSeveral(client: S3Client, Bucket: string, Key: string): Promise<void> {
  const { Errors = [] } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key }] } }));
  for (const { Code } of Errors) throw Object.assign(new Error(Code), { name: Code });
}

/** A user can do nothing with a bucket that is not its own. */
export async function isKeptOut(client: S3Client, Bucket: string): Promise<void> {
  const tries = function* () {
    yield client.send(new ListObjectsV2Command({ Bucket }));
    yield client.send(new GetObjectCommand({ Bucket, Key: "theirs" }));
    yield client.send(new PutObjectCommand({ Bucket, Key: "mine", Body: "mine" }));
    yield client.send(new DeleteObjectCommand({ Bucket, Key: "theirs" }));
  };
  for (const refused of tries()) await assert.rejects(refused, denied);
}
