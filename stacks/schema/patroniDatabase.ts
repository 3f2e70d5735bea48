import { z } from "zod";
import { adopt } from "./adopt.ts";
import { backup, bootstrap } from "./backup.ts";
import { bytes, resources } from "./common.ts";
import { databaseContent } from "./databaseContent.ts";
import { patroniSettings } from "./patroniSettings.ts";
import { pooler } from "./pooler.ts";

/** Parameters on which the platform's promises rest, and what decides them instead. */
const DECIDED_PARAMETERS: Record<string, string> = {
  synchronous_standby_names: "archipel:database.whenAlone",
  synchronous_commit: "archipel:database.whenAlone; a session may still set it for itself",
  fsync: "the platform",
  full_page_writes: "the platform",
  password_encryption: "the platform",
  listen_addresses: "the platform",
  port: "the platform",
  hba_file: "the platform",
  ident_file: "the platform",
  data_directory: "the platform",
  config_file: "the platform",
  unix_socket_directories: "the platform",
  cluster_name: "the platform",
  hot_standby: "the platform",
  primary_conninfo: "the platform",
  primary_slot_name: "the platform",
  restore_command: "the platform",
  recovery_target_timeline: "the platform",
};

/** What decides a parameter that config may not set; undefined: config may. */
const decider = (name: string): string | undefined =>
  DECIDED_PARAMETERS[name] ?? (/^(ssl|archive)(_|$)/.test(name) ? "the platform" : undefined);

/** Major versions of PostgreSQL that there is an image for. */
export const POSTGRES_VERSIONS = [17, 18] as const;

/** A major version of PostgreSQL. */
export type PostgresVersion = (typeof POSTGRES_VERSIONS)[number];

/** Key `archipel:database`, kind patroni: PostgreSQL that the platform runs itself. */
export const patroniDatabase = z
  .strictObject({
    kind: z.literal("patroni").default("patroni").describe("patroni"),
    version: z
      .literal(POSTGRES_VERSIONS)
      .default(17)
      .describe(
        `major version of PostgreSQL: ${POSTGRES_VERSIONS.join(" or ")}; a database that exists is taken to another one by archipel upgrade`,
      ),
    members: z
      .union([z.literal(1), z.literal(3), z.literal(5)])
      .default(3)
      .describe("PostgreSQL instances: 1, 3 or 5"),
    storage: bytes("volume of one member").default("10Gi"),
    whenAlone: z
      .enum(["block", "degrade"])
      .default("degrade")
      .describe(
        "what a commit does when no replica can confirm it: block (waits; nothing acknowledged is ever lost) or degrade (goes on alone; a crash at that time can lose data)",
      ),
    generation: z
      .int()
      .min(1)
      .default(1)
      .describe("number of the passwords of the platform's own accounts, 1 or more: raise it to generate new ones"),
    backup,
    bootstrap,
    adopt,
    parameters: z
      .record(z.string().regex(/^[a-z_][a-z0-9_.]*$/), z.union([z.string(), z.number(), z.boolean()]))
      .default({})
      .superRefine((parameters, context) => {
        for (const name of Object.keys(parameters)) {
          const by = decider(name);
          if (by)
            context.addIssue({
              code: "custom",
              path: [name],
              message: `other parameters; this one is decided by ${by}`,
            });
        }
      })
      .describe("PostgreSQL parameters over the platform's defaults, by name"),
    patroni: patroniSettings,
    resources: resources({ cpu: "100m", memory: "256Mi", memoryLimit: "1Gi" }),
    pooler,
    ...databaseContent,
  })
  .describe("PostgreSQL under Patroni");

/** PostgreSQL under Patroni as config describes it. */
export type PatroniConfig = z.output<typeof patroniDatabase>;
