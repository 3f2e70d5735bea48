import { z } from "zod";
import { bytes, configKey, cronTime } from "./common.ts";
import { bucketName, objectLock } from "./objectsContent.ts";
import { accessKeyFrom, otherPlace } from "./s3Service.ts";

const offsite = z
  .union([
    z.literal("none"),
    z.strictObject({
      endpoint: otherPlace,
      bucket: bucketName("bucket, which exists already"),
      region: z.string().min(1).default("us-east-1").describe("region that requests are signed for"),
      caFrom: configKey("config key with the CA of the service; default: the public ones").optional(),
      ...accessKeyFrom,
      passphraseFrom: configKey(
        "config key with the passphrase of a repository that holds backups already; default: a new one is generated",
      ).optional(),
    }),
  ])
  .describe("a second, independent repository at another place, or none, said out loud");

const site = z
  .strictObject({
    bucket: bucketName("bucket, made for it").default("pg-backup"),
    keepDays: z
      .union([z.literal("none"), z.int().min(1).max(36500)])
      .default(14)
      .describe(
        "days for which what was replaced or deleted in the bucket can be brought back, whoever has the backups' key: 1 to 36500, or none (for a store that keeps no versions)",
      ),
    objectLock: objectLock.optional(),
    generation: z
      .int()
      .min(1)
      .default(1)
      .describe("number of the backups' key, 1 or more: raise it by one to have them use another one"),
  })
  .describe("the bucket of the backups");

/** Where a database is backed up to, and when. */
export const backup = z
  .union([
    z.literal("none"),
    z.strictObject({
      site: z
        .union([z.literal("none"), site])
        .prefault({})
        .describe("a repository in the site's own object store, or none"),
      offsite,
      full: cronTime("when a full backup is made").default("17 1 * * 0"),
      differential: cronTime("when what changed since the full backup is saved").default("17 1 * * 1-6"),
      proof: cronTime("when the newest backups are restored and checked").default("47 3 * * *"),
      proofHours: z
        .int()
        .min(1)
        .max(8760)
        .default(48)
        .describe("hours after which a proof is too old, and the status is not fine: 1 to 8760"),
      archiveMinutes: z
        .int()
        .min(1)
        .max(1440)
        .default(10)
        .describe(
          "minutes within which what is committed must be in every repository: beyond them an alarm is raised, and no proof succeeds: 1 to 1440",
        ),
      keepFull: z.int().min(1).max(100).default(2).describe("full backups that are kept, with all WAL since: 1 to 100"),
      queue: bytes(
        "WAL that waits on a member for each repository that cannot be reached; of what exceeds it, the oldest is dropped for that repository rather than the volume filled; default: a quarter of the volume",
      ).optional(),
    }),
  ])
  .describe("backups: {offsite: {...}} or {offsite: none}, or none");

/** How a cluster that does not exist yet begins. */
export const bootstrap = z
  .union([
    z.literal("empty"),
    z.strictObject({
      repository: z.enum(["site", "offsite"]).describe("the repository that holds the backup"),
      at: z
        .union([z.literal("latest"), z.iso.datetime({ offset: true })])
        .default("latest")
        .describe("moment to which the data is brought back, such as 2026-11-23T10:42:00Z; default: latest"),
    }),
  ])
  .default("empty")
  .describe("how a new cluster begins: empty, or from a backup; a cluster that exists is never touched");

/** The site's own repository as config describes it. */
export type SiteBackupConfig = z.output<typeof site>;

/** Backups as config describes them. */
export type BackupConfig = z.output<typeof backup>;
