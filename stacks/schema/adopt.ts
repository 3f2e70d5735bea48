import { z } from "zod";
import { configKey, sqlName } from "./common.ts";
import { outsideRole, outsideServer } from "./outsideServer.ts";

/** Part `adopt` of `archipel:database`, kind patroni: databases that come from a PostgreSQL that somebody else runs. */
export const adopt = z
  .strictObject({
    ...outsideServer,
    user: outsideRole.describe("login with REPLICATION that is a member of the roles which own the databases' tables"),
    passwordFrom: configKey("config key with the password of that login"),
    databases: z
      .array(sqlName("name of a database, the same there and here"))
      .min(1)
      .max(20)
      .describe("databases that come over: 1 to 20 of archipel:database.databases"),
  })
  .optional()
  .describe("databases that come from a PostgreSQL that somebody else runs: see archipel adopt");

/** An adoption as config describes it. */
export type AdoptConfig = NonNullable<z.output<typeof adopt>>;
