import assert from "node:assert/strict";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectRetentionCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { keepLocked } from "../../images/objects/src/locks.ts";
import { readMark } from "../../images/objects/src/marker.ts";

/** Milliseconds of a day. */
const DAY = 86_400_000;

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

/**
 * The locks of a second copy are extended when half of their time is over, and not before.
 *
 * @param keeper whoever has the key of the copy.
 * @param name bucket of the copy.
 * @param Key one of its objects.
 */
export async function staysLocked(keeper: S3Client, name: string, Key: string): Promise<void> {
  const bucket = { name, versioning: true, lifecycle: [], objectLock: { mode: "compliance", days: 30 } as const };
  const until = async (): Promise<number> => {
    const { Retention } = await keeper.send(new GetObjectRetentionCommand({ Bucket: name, Key }));
    return Retention!.RetainUntilDate!.getTime();
  };
  const first = await until();
  const last = (await readMark(keeper, name))!;
  const lines: string[] = [];
  const after = (days: number) => {
    const now = new Date(last.getTime() + days * DAY);
    return keepLocked(keeper, bucket, { last, now, say: (line) => lines.push(line) });
  };
  assert.deepEqual(await after(14), last);
  assert.equal(await until(), first);
  assert.notDeepEqual(await after(16), last);
  assert.ok((await until()) > first + 15 * DAY);
  const { KeyCount } = await keeper.send(new ListObjectsV2Command({ Bucket: name }));
  // All but the mark that says when.
  assert.match(lines.join("\n"), new RegExp(`^bucket ${name}: ${KeyCount! - 1} locks extended`));
}
