import { z } from "zod";
import { shortName } from "./common.ts";

const isPlain = (path: string): boolean => !path.split("/").some((part) => part === "." || part === "..");

const mount = z.strictObject({
  share: shortName("share of archipel:files"),
  path: z
    .string()
    .regex(/^(\/[-._~a-zA-Z0-9]+)+$/)
    .refine(isPlain)
    .describe("folder in the app's container: an absolute path without . and .."),
  subPath: z
    .string()
    .regex(/^[-._~a-zA-Z0-9]+(\/[-._~a-zA-Z0-9]+)*$/)
    .refine(isPlain)
    .optional()
    .describe("folder in the share, which must be there: a relative path without . and ..; default: all of the share"),
  readOnly: z.boolean().optional().describe("true: the app only reads; default: what the share's mode allows"),
});

/** Key `mounts` of an app: shares in its file system. */
export const mounts = z.array(mount).default([]).describe("shares of archipel:files in the app's file system");
