import { z } from "zod";

/** Key `archipel:images`: where the platform's own images come from. */
export const images = z
  .strictObject({
    prefix: z
      .string()
      .regex(/^[a-z0-9]+([._-][a-z0-9]+)*(:[0-9]+)?(\/[a-z0-9]+([._-][a-z0-9]+)*)*$/)
      .default("registry.archipel.example/archipel")
      .describe("registry and path before the names of the platform's images; a mirror is one change here"),
    lock: z
      .string()
      .min(1)
      .default("images/lock.json")
      .describe("lock file with the images' digests, relative to the project"),
  })
  .prefault({})
  .describe("registry prefix and lock of the platform's images");

/** Where images come from. */
export type ImagesConfig = z.output<typeof images>;
