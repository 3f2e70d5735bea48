/** Paths that the members' pods and their configuration agree on. */
export const PATHS = {
  /** The volume. */
  home: "/var/lib/postgresql",
  /** The data directory: its version in the path, so that a major upgrade finds place beside it. */
  data: "/var/lib/postgresql/17/data",
  /** Patroni's configuration: every file in it. */
  config: "/etc/patroni",
  /** The member's certificate. */
  tls: "/tls/server",
} as const;

/** Port of PostgreSQL on every member. */
export const POSTGRES_PORT = 5432;

/** Port of Patroni's REST API on every member. */
export const PATRONI_PORT = 8008;
