import { z } from "zod";
import { bytes, hostName, shortName } from "./common.ts";

const MODES = "one-writer (one pod) or many-writers (any number of pods)";

const name = shortName("name of the share");
const size = bytes("size of the share");
const writable = z.enum(["one-writer", "many-writers"]).default("many-writers").describe(`who mounts it: ${MODES}`);

const server = hostName("host name or IPv4 address of the filer");
const exportPath = z
  .string()
  .regex(/^(\/|(\/[-._~+@a-zA-Z0-9]+)+)$/)
  .refine((path) => !path.split("/").some((part) => part === "." || part === ".."))
  .describe("exported folder on the filer: an absolute path without . and ..");
const options = z
  .array(
    z
      .string()
      .regex(/^[a-z_]+(=[a-z0-9._]+)?$/)
      .describe("a mount option of nfs(5): NAME or NAME=VALUE"),
  )
  .default([])
  .describe("mount options of nfs(5), such as noatime; read-only follows from the mode");

const existingClass = z.string().min(1).describe("StorageClass that the site has");

const nfs = z
  .strictObject({
    name,
    kind: z.literal("nfs").describe("nfs"),
    server,
    export: exportPath,
    options,
    size: bytes("size of the share, for the reader and the quota: the filer decides how much really fits"),
    mode: z
      .enum(["read-only", "one-writer", "many-writers"])
      .default("many-writers")
      .describe(`who mounts it: read-only (any number of pods, nobody writes), ${MODES}`),
  })
  .describe("a folder that a filer exports already");

const csiNfs = z
  .strictObject({
    name,
    kind: z.literal("csi-nfs").describe("csi-nfs"),
    server: server.optional(),
    export: exportPath.optional(),
    options,
    storageClass: existingClass.optional(),
    size,
    mode: writable,
  })
  .describe("a folder that csi-driver-nfs makes on a filer: in an export, or by a StorageClass of the site");

const manila = z
  .strictObject({
    name,
    kind: z.literal("manila").describe("manila"),
    shareType: z.string().min(1).optional().describe("share type of Manila"),
    credentials: z
      .strictObject({
        secret: z.string().min(1).describe("Secret with the OpenStack credentials of Manila's driver"),
        namespace: z.string().min(1).describe("its namespace"),
      })
      .optional()
      .describe("what the driver logs in to OpenStack with: {secret: NAME, namespace: NAME}"),
    options,
    storageClass: existingClass.optional(),
    size,
    mode: writable,
  })
  .describe("an NFS share that OpenStack's Manila makes: of a share type, or by a StorageClass of the site");

const cephfs = z
  .strictObject({
    name,
    kind: z.literal("cephfs").describe("cephfs"),
    storageClass: existingClass,
    size,
    mode: writable,
  })
  .describe("a volume of CephFS by a StorageClass of the site, which belongs to whoever runs Ceph");

const share = z
  .discriminatedUnion("kind", [nfs, csiNfs, manila, cephfs])
  .describe("one share: kind nfs, csi-nfs, manila or cephfs");

/** Key `archipel:files`: shares of files that apps mount. */
export const files = z.array(share).max(200).default([]).describe("shares of files: a list");

/** One share as config describes it. */
export type ShareConfig = z.output<typeof share>;
