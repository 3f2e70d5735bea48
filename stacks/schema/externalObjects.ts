import { z } from "zod";
import { configKey } from "./common.ts";
import { objectsContent, userName } from "./objectsContent.ts";
import { objectsCopy } from "./objectsCopy.ts";
import { objectsNext } from "./objectsNext.ts";
import { accessKeyFrom } from "./s3Service.ts";

/** Key `archipel:objects`, kind external: an S3 service that somebody else runs. */
export const externalObjects = z
  .strictObject({
    kind: z.literal("external").describe("external"),
    endpoint: z.url({ protocol: /^https$/ }).describe("address of the service, such as https://s3.example.org"),
    region: z.string().min(1).max(63).default("us-east-1").describe("region that requests are signed for"),
    caFrom: configKey("config key with the CA (PEM) of the service; default: the public ones").optional(),
    manage: z
      .enum(["nothing", "buckets", "rgw"])
      .default("nothing")
      .describe(
        "what is made there: nothing (buckets and keys exist, and are tried), buckets (keys exist), or rgw (buckets and, by the Admin Ops API of Ceph's gateway, users)",
      ),
    account: z
      .strictObject(accessKeyFrom)
      .optional()
      .describe("key of the account that owns the buckets; needed unless nothing is made"),
    keys: z
      .array(
        z.strictObject({
          user: userName("user of the store, an app with a bucket, pg-backup, or objects-copy"),
          ...accessKeyFrom,
        }),
      )
      .max(500)
      .default([])
      .describe("keys of users that exist: a list of {user, accessKeyIdFrom, secretAccessKeyFrom}"),
    ...objectsContent,
    copy: objectsCopy,
    next: objectsNext,
  })
  .describe("an S3 service that somebody else runs");

/** An external object store as config describes it. */
export type ExternalObjectsConfig = z.output<typeof externalObjects>;
