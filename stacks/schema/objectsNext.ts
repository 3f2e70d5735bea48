import { z } from "zod";
import { bucketName } from "./objectsContent.ts";
import { s3Place } from "./s3Service.ts";

/** Part `next` of `archipel:objects`: the store to which the objects are to move, until it takes this one's place. */
export const objectsNext = z
  .union([
    z.literal("none"),
    z.strictObject({
      ...s3Place,
      buckets: z.array(bucketName("name of the bucket")).optional().describe("buckets that move; default: all"),
    }),
  ])
  .default("none")
  .describe("a store to which the objects are to move (archipel objects copy --from site --to next), or none");

/** The store to which the objects move as config describes it. */
export type ObjectsNextConfig = Exclude<z.output<typeof objectsNext>, "none">;
