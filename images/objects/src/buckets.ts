import {
  CreateBucketCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  ListObjectsV2Command,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
  type LifecycleRule,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { Bucket } from "./job.ts";
import { isAbsent, isDenied, isUnsupported, sayError } from "./s3.ts";

/** What config says to do without versions. */
export const WITHOUT_VERSIONS =
  "to do without: no versioning and no objectLock; of the backups' bucket archipel:database.backup.site.keepDays: none";

/** How a bucket stands in the store. */
export type State = "absent" | "ours" | "theirs";

/** Looks whether a bucket is there, and whether it opens to this key. To HEAD a store could not answer why not. */
export async function stateOf(client: S3Client, Bucket: string): Promise<State> {
  try {
    await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 1 }));
    return "ours";
  } catch (error) {
    if (isAbsent(error)) return "absent";
    if (isDenied(error)) return "theirs";
    throw error;
  }
}

/** Why a bucket cannot become what config says, in words; nothing where it can. */
export async function obstacles(client: S3Client, bucket: Bucket): Promise<string[]> {
  const state = await stateOf(client, bucket.name);
  if (state === "theirs") return [`bucket ${bucket.name} exists and does not open to this account: take another name`];
  if (state === "absent" || !bucket.objectLock) return [];
  const locked = await hasLock(client, bucket.name).catch((error: unknown) => {
    // A store without locks is found where its features are tried, with the buckets that need them.
    if (isUnsupported(error)) return true;
    throw error;
  });
  if (locked) return [];
  return [
    `bucket ${bucket.name} exists without object lock, which a bucket gets only when it is made: ` +
      "declare another bucket and copy the objects",
  ];
}

/** Makes a bucket, or brings the one that is there to what config says; takes away nothing but lifecycle rules. */
export async function convergeBucket(client: S3Client, bucket: Bucket, say: (line: string) => void): Promise<void> {
  const { name: Bucket, versioning, objectLock, lifecycle } = bucket;
  if ((await stateOf(client, Bucket)) === "absent") {
    await client.send(new CreateBucketCommand({ Bucket, ...(objectLock && { ObjectLockEnabledForBucket: true }) }));
    say(`bucket ${Bucket}: made`);
  }
  const enabled = await hasVersioning(client, Bucket);
  if ((versioning || objectLock) && !enabled) {
    const VersioningConfiguration = { Status: "Enabled" } as const;
    await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    say(`bucket ${Bucket}: versioning switched on`);
  }
  if (enabled && !versioning && !objectLock) say(`kept: versioning of bucket ${Bucket} is not in the config`);
  if (objectLock) await setRetention(client, Bucket, objectLock);
  if (lifecycle.length > 0) await setLifecycle(client, Bucket, lifecycle);
  else if ((await lifecycleOf(client, Bucket)).length > 0)
    say(`kept: lifecycle rules of bucket ${Bucket} are not in the config`);
}

/** How a bucket that nobody here may change differs from config, in words. */
export async function differences(client: S3Client, bucket: Bucket): Promise<string[]> {
  const { name, versioning, objectLock, lifecycle } = bucket;
  const wanted: [boolean, string, () => Promise<boolean>][] = [
    [versioning, "versioning", () => hasVersioning(client, name)],
    [objectLock !== undefined, "object lock", () => hasLock(client, name)],
    [lifecycle.length > 0, "lifecycle rules", async () => (await lifecycleOf(client, name)).length > 0],
  ];
  const found: string[] = [];
  for (const [wants, what, has] of wanted) {
    if (!wants) continue;
    const there = await has().catch((error: unknown) => sayError(error));
    if (there === true) continue;
    found.push(
      `bucket ${name}: ${what} ${there === false ? "is off" : `cannot be read: ${there}`}, and config wants it` +
        (what === "versioning" ? ` (${WITHOUT_VERSIONS})` : ""),
    );
  }
  return found;
}

async function hasVersioning(client: S3Client, Bucket: string): Promise<boolean> {
  return (await client.send(new GetBucketVersioningCommand({ Bucket }))).Status === "Enabled";
}

async function hasLock(client: S3Client, Bucket: string): Promise<boolean> {
  try {
    const { ObjectLockConfiguration } = await client.send(new GetObjectLockConfigurationCommand({ Bucket }));
    return ObjectLockConfiguration?.ObjectLockEnabled === "Enabled";
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

async function setRetention(
  client: S3Client,
  Bucket: string,
  { mode, days }: NonNullable<Bucket["objectLock"]>,
): Promise<void> {
  const DefaultRetention = { Mode: mode === "governance" ? "GOVERNANCE" : "COMPLIANCE", Days: days } as const;
  const ObjectLockConfiguration = { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention } } as const;
  await client.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
}

async function lifecycleOf(client: S3Client, Bucket: string): Promise<LifecycleRule[]> {
  try {
    return (await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).Rules ?? [];
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

async function setLifecycle(client: S3Client, Bucket: string, rules: Bucket["lifecycle"]): Promise<void> {
  const Rules = rules.map(({ prefix, expireDays, noncurrentDays, abortUploadDays }, index): LifecycleRule => ({
    ID: `archipel-${index}`,
    Status: "Enabled",
    Filter: { Prefix: prefix },
    ...(expireDays && { Expiration: { Days: expireDays } }),
    // Else the mark of each deletion would stay for ever, when the last version is long gone.
    ...(!expireDays && noncurrentDays && { Expiration: { ExpiredObjectDeleteMarker: true } }),
    ...(noncurrentDays && { NoncurrentVersionExpiration: { NoncurrentDays: noncurrentDays } }),
    ...(abortUploadDays && { AbortIncompleteMultipartUpload: { DaysAfterInitiation: abortUploadDays } }),
  }));
  const LifecycleConfiguration = { Rules };
  await client.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }));
}
