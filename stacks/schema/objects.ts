import { z } from "zod";
import { bytes, resources } from "./common.ts";

const bucketName = z
  .string()
  .regex(/^[a-z0-9][-a-z0-9]{1,61}[a-z0-9]$/)
  .describe("name of the bucket: 3 to 63 lower-case letters, digits and dashes");

const user = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][-a-z0-9]{1,22}[a-z0-9]$/)
    .describe(
      "name of the user and its access key id: 3 to 24 lower-case letters, digits and dashes, starting with a letter",
    ),
  access: z
    .array(
      z.strictObject({
        bucket: bucketName,
        mode: z.enum(["readonly", "readwrite"]).default("readwrite").describe("readonly or readwrite"),
      }),
    )
    .min(1)
    .describe("what the user may do: a list of {bucket, mode}"),
  generation: z.int().min(1).default(1).describe("raise it to generate a new key"),
});

/** Key `archipel:objects`: the S3 object store. */
export const objects = z
  .strictObject({
    kind: z.literal("minio").default("minio").describe("minio"),
    servers: z
      .union([z.literal(1), z.literal(3), z.literal(4), z.literal(6), z.literal(8)])
      .default(3)
      .describe("MinIO servers: 1, 3, 4, 6 or 8; fixed once the store has data"),
    drivesPerServer: z
      .union([z.literal(1), z.literal(2), z.literal(4)])
      .default(2)
      .describe("volumes of one server: 1, 2 or 4; fixed once the store has data"),
    driveSize: bytes("one volume").default("10Gi"),
    resources: resources({ cpu: "100m", memory: "256Mi", memoryLimit: "1Gi" }),
    buckets: z
      .array(
        z.strictObject({
          name: bucketName,
          versioning: z.boolean().default(false).describe("true: old versions of objects are kept"),
        }),
      )
      .max(200)
      .default([])
      .describe("buckets; one taken out is never deleted"),
    users: z.array(user).max(500).default([]).describe("users with their own keys; never deleted"),
  })
  .describe("the S3 object store");

/** The object store as config describes it. */
export type ObjectsConfig = z.output<typeof objects>;
