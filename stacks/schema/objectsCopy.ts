import { z } from "zod";
import { cronTime } from "./common.ts";
import { bucketName } from "./objectsContent.ts";
import { s3Place } from "./s3Service.ts";

/** Part `copy` of `archipel:objects`: a second copy of the objects at another place, which opens to other keys. */
export const objectsCopy = z
  .union([
    z.literal("none"),
    z.strictObject({
      ...s3Place,
      prefix: z
        .string()
        .regex(/^([a-z0-9][-a-z0-9]{0,30})?$/)
        .default("")
        .describe("what the names of the buckets there begin with, such as grenoble-; default: nothing"),
      buckets: z.array(bucketName("name of the bucket")).optional().describe("buckets that are copied; default: all"),
      schedule: cronTime("when what changed is copied").default("23 * * * *"),
      maxAgeHours: z
        .int()
        .min(1)
        .max(8760)
        .default(26)
        .describe("hours after which the newest copy is too old, and the status is not fine: 1 to 8760"),
      keepDays: z
        .int()
        .min(1)
        .max(36500)
        .default(30)
        .describe("days for which an object that was replaced or deleted can be brought back: 1 to 36500"),
      lock: z
        .enum(["governance", "compliance", "none"])
        .default("compliance")
        .describe(
          "what keeps a version for keepDays after it was copied, and longer while it does not change: compliance (nobody can delete it or shorten its time, you neither: what is copied is stored and paid for until then), governance (mistakes cannot delete it; whoever has the key of the copy can) or none",
        ),
    }),
  ])
  .default("none")
  .describe("a second copy of the objects at another place, or none");

/** A second copy as config describes it. */
export type ObjectsCopyConfig = Exclude<z.output<typeof objectsCopy>, "none">;
