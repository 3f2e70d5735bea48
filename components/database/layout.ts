import type { PostgresVersion } from "../../stacks/schema/patroniDatabase.ts";

/** Paths that the members' pods and their configuration agree on. */
export const PATHS = {
  /** The volume. */
  home: "/var/lib/postgresql",
  /** Patroni's configuration: every file in it. */
  config: "/etc/patroni",
  /** The member's certificate. */
  tls: "/tls/server",
} as const;

/** The data directory: its version in the path, so that a major upgrade finds place beside it. */
export const dataFolder = (version: PostgresVersion): string => `${PATHS.home}/${version}/data`;

/** The version that a data directory is for; undefined where the path is none of `dataFolder`. */
export function versionOfFolder(path: string): number | undefined {
  const found = new RegExp(`^${PATHS.home}/([0-9]+)/data$`).exec(path)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Folder of a version's programs in the members' image. */
export const programFolder = (version: PostgresVersion): string => `/usr/lib/postgresql/${version}/bin`;

/** Port of PostgreSQL on every member. */
export const POSTGRES_PORT = 5432;

/** Port of Patroni's REST API on every member. */
export const PATRONI_PORT = 8008;
