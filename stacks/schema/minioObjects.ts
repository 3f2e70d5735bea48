import { z } from "zod";
import { bytes, resources } from "./common.ts";
import { objectsContent } from "./objectsContent.ts";
import { objectsCopy } from "./objectsCopy.ts";
import { objectsNext } from "./objectsNext.ts";

/** One server pool more: the store grows by it. */
const pool = z.strictObject({
  servers: z
    .union([z.literal(3), z.literal(4), z.literal(6), z.literal(8)])
    .default(3)
    .describe("servers of the pool: 3, 4, 6 or 8; fixed once the store has it"),
  driveSize: bytes("one volume of the pool").default("10Gi"),
});

/** Key `archipel:objects`, kind minio: MinIO on the site's own volumes. */
export const minioObjects = z
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
    pools: z
      .array(pool)
      .max(7)
      .default([])
      .describe(
        "server pools beside the first, which the keys above describe, in the order in which they came: a store grows by one more, with as many drives in each server; none is ever taken out",
      ),
    survives: z
      .enum(["node", "server", "drive"])
      .optional()
      .describe(
        "what can be lost while reads and writes go on: node, server or drive; a layout that does not bear it is refused; default: whatever the layout bears",
      ),
    acceptUnmaintained: z
      .boolean()
      .default(false)
      .describe("true: real sites may have a MinIO, which gets no fixes any more; sandboxes may anyway"),
    resources: resources({ cpu: "100m", memory: "256Mi", memoryLimit: "1Gi" }),
    ...objectsContent,
    copy: objectsCopy,
    next: objectsNext,
  })
  .describe("MinIO on the site's own volumes");

/** A MinIO as config describes it. */
export type MinioConfig = z.output<typeof minioObjects>;
