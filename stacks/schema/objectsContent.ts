import { z } from "zod";
import { bytes } from "./common.ts";

/** Name of a bucket. */
export const bucketName = (what: string) =>
  z
    .string()
    .regex(/^[a-z0-9][-a-z0-9]{1,61}[a-z0-9]$/)
    .describe(`${what}: 3 to 63 lower-case letters, digits and dashes`);

/** Name of a user of the store. */
export const userName = (what: string) =>
  z
    .string()
    .regex(/^[a-z][-a-z0-9]{1,22}[a-z0-9]$/)
    .describe(`${what}: 3 to 24 lower-case letters, digits and dashes, starting with a letter`);

const days = (what: string) => z.int().min(1).max(36500).describe(`${what}: 1 to 36500`);

const lifecycleRule = z
  .strictObject({
    prefix: z.string().max(900).default("").describe("objects whose key begins so; default: all"),
    expireDays: days("days after which an object is deleted").optional(),
    noncurrentDays: days("days after which a version that was replaced or deleted goes for good").optional(),
    abortUploadDays: days("days after which an upload in parts that nobody finished is dropped").optional(),
  })
  .describe("what goes by itself, and when: {prefix, expireDays, noncurrentDays, abortUploadDays}");

/** How long versions of a bucket cannot be deleted. */
export const objectLock = z
  .strictObject({
    mode: z
      .enum(["governance", "compliance"])
      .default("governance")
      .describe("governance: an administrator can delete earlier; compliance: nobody can"),
    days: days("days for which every new version stays"),
  })
  .describe("versions that cannot be deleted for a while, {mode, days}; a bucket gets it when it is made");

const bucket = z.strictObject({
  name: bucketName("name of the bucket"),
  versioning: z.boolean().default(false).describe("true: old versions of objects are kept"),
  objectLock: objectLock.optional(),
  quota: bytes("most that the bucket may hold; default: no limit").optional(),
  lifecycle: z.array(lifecycleRule).max(100).default([]).describe("what goes by itself; default: nothing"),
});

const user = z.strictObject({
  name: userName("name of the user and its access key id"),
  access: z
    .array(
      z.strictObject({
        bucket: bucketName("name of the bucket"),
        mode: z.enum(["readonly", "readwrite"]).default("readwrite").describe("readonly or readwrite"),
      }),
    )
    .min(1)
    .describe("what the user may do: a list of {bucket, mode}"),
  generation: z.int().min(1).default(1).describe("raise it to generate a new key"),
});

/** What stands in an object store of any kind. */
export const objectsContent = {
  buckets: z.array(bucket).max(200).default([]).describe("buckets; one taken out is never deleted"),
  users: z.array(user).max(500).default([]).describe("users with their own keys; never deleted"),
};

/** A bucket as config describes it. */
export type BucketConfig = z.output<typeof bucket>;

/** A user as config describes it. */
export type UserConfig = z.output<typeof user>;
