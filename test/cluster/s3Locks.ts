import assert from "node:assert/strict";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
  type S3Client,
} from "@aws-sdk/client-s3";

/** What MinIO says of a version that a lock keeps. */
export const WORM = { message: /WORM protected/ };

/** Ways to take a version away before its time. */
export function* takeAway(client: S3Client, version: { Bucket: string; Key: string; VersionId?: string }) {
  yield client.send(new DeleteObjectCommand(version));
  yield client.send(new DeleteObjectCommand({ ...version, BypassGovernanceRetention: true }));
  const Retention = { Mode: "GOVERNANCE", RetainUntilDate: new Date(Date.now() + 60_000) } as const;
  yield client.send(new PutObjectRetentionCommand({ ...version, Retention, BypassGovernanceRetention: true }));
}

/** Whoever owns a bucket whose lock is governance deletes a version that it keeps, by saying so. */
export async function yieldsUnderGovernance(owner: S3Client): Promise<void> {
  const Bucket = "governed";
  await owner.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
  const Rule = { DefaultRetention: { Mode: "GOVERNANCE", Days: 1 } } as const;
  const ObjectLockConfiguration = { ObjectLockEnabled: "Enabled", Rule } as const;
  await owner.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
  const { VersionId } = await owner.send(new PutObjectCommand({ Bucket, Key: "kept", Body: "for a day" }));
  const version = { Bucket, Key: "kept", VersionId };
  await assert.rejects(owner.send(new DeleteObjectCommand(version)), WORM);
  await owner.send(new DeleteObjectCommand({ ...version, BypassGovernanceRetention: true }));
  const { Versions = [] } = await owner.send(new ListObjectVersionsCommand({ Bucket }));
  assert.deepEqual(Versions, []);
}
