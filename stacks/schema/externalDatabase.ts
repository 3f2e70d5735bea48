import { z } from "zod";
import { configKey, resources } from "./common.ts";
import { databaseContent } from "./databaseContent.ts";
import { outsideRole, outsideServer } from "./outsideServer.ts";

/** Key `archipel:database`, kind external: a PostgreSQL that somebody else runs. */
export const externalDatabase = z
  .strictObject({
    kind: z.literal("external").describe("external"),
    ...outsideServer,
    administrator: outsideRole
      .default("postgres")
      .describe("login that makes databases and roles: a superuser, or one with CREATEDB and CREATEROLE"),
    passwordFrom: configKey("config key with the administrator's password"),
    backup: z
      .union([
        z.literal("none"),
        z.strictObject({
          archiveMinutes: z
            .int()
            .min(1)
            .max(10080)
            .describe("minutes after which WAL that is not archived raises an alarm: 1 to 10080"),
        }),
      ])
      .describe(
        "how the server's backups are watched: {archiveMinutes: N} looks at how it archives its WAL; none: not at all",
      ),
    resources: resources({ cpu: "10m", memory: "48Mi", memoryLimit: "256Mi" }).describe(
      "CPU and memory of the exporter that reads the server's metrics",
    ),
    ...databaseContent,
  })
  .describe("a PostgreSQL that somebody else runs");

/** An external PostgreSQL as config describes it. */
export type ExternalConfig = z.output<typeof externalDatabase>;
