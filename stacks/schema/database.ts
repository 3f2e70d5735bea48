import { z } from "zod";
import { externalDatabase, type ExternalConfig } from "./externalDatabase.ts";
import { patroniDatabase, type PatroniConfig } from "./patroniDatabase.ts";

/** Key `archipel:database`: PostgreSQL, run by the platform or by somebody else. */
export const database = z
  .discriminatedUnion("kind", [patroniDatabase, externalDatabase])
  .describe("PostgreSQL: kind patroni or external");

/** The database as config describes it. */
export type DatabaseConfig = PatroniConfig | ExternalConfig;
