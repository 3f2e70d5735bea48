import type { DatabasePlan } from "../../stacks/plan.ts";
import type { PgpoolConfig } from "../../stacks/schema/pooler.ts";
import { connectionsPerPooler } from "./parameters.ts";
import { POOLER_TLS, primaryName, PROXY_PORTS, WRITE_PORT } from "./poolerConfig.ts";

/** Name of its container, and of what belongs to that. */
export const PGPOOL = "pgpool";

/** What of its settings shows whether pgpool-II is the pooler of a database. */
export const pgpoolOf = ({ pooler }: DatabasePlan): PgpoolConfig | undefined =>
  pooler.kind === "pgpool" ? pooler : undefined;

/**
 * Clients that one pod takes: each holds a connection to the primary and one to a replica, which may be the primary too
 * where no replica is fit; the rest is for the PgBouncer beside it.
 */
export const pgpoolClients = (plan: DatabasePlan): number => Math.max(2, Math.floor(connectionsPerPooler(plan) / 3));

/**
 * Who may connect: with TLS alone, since clients hand their password over in clear text inside of it. It goes on to
 * PostgreSQL, which knows whether it is right, so that no password of a client stands here.
 */
export const PGPOOL_CLIENTS = "hostssl all all all password\n";

/**
 * Configuration of pgpool-II. Patroni decides who is the primary, and the proxy beside pgpool-II follows: what pgpool-II
 * sees are two servers that are always there, the one of them the primary, and it never takes one of them out.
 */
export function pgpoolConfig(plan: DatabasePlan, { readsAfterWrite }: PgpoolConfig): string {
  const server = (index: number, port: number, weight: number, flags: string[]) => ({
    [`backend_hostname${index}`]: primaryName(plan),
    [`backend_port${index}`]: port,
    [`backend_weight${index}`]: weight,
    [`backend_flag${index}`]: flags.join("|"),
  });
  const settings = {
    backend_clustering_mode: "streaming_replication",
    listen_addresses: "*",
    port: WRITE_PORT,
    unix_socket_directories: "/run/pgpool",
    pcp_listen_addresses: "",
    pcp_socket_dir: "/run/pgpool",
    logdir: "/run/pgpool",
    pid_file_name: "/run/pgpool/pgpool.pid",
    ...server(0, PROXY_PORTS.primary, 0, ["ALWAYS_PRIMARY", "DISALLOW_TO_FAILOVER"]),
    ...server(1, PROXY_PORTS.replica, 1, ["DISALLOW_TO_FAILOVER"]),
    failover_on_backend_error: "off",
    health_check_period: 0,
    sr_check_period: 0,
    load_balance_mode: "on",
    statement_level_load_balance: "on",
    disable_load_balance_on_write: readsAfterWrite === "primary" ? "always" : "transaction",
    // What it knows of tables and functions, which decides where a statement goes, in seconds.
    relcache_expire: 300,
    enable_pool_hba: "on",
    pool_passwd: "",
    allow_clear_text_frontend_auth: "on",
    ssl: "on",
    ssl_cert: `${POOLER_TLS}/tls.crt`,
    ssl_key: `${POOLER_TLS}/tls.key`,
    ssl_ca_cert: `${POOLER_TLS}/ca.crt`,
    num_init_children: pgpoolClients(plan),
    // One more is told that there are too many, instead of waiting without a word.
    reserved_connections: 1,
    max_pool: 1,
    child_life_time: 60,
    connection_life_time: 3600,
    // It warns of each client that leaves.
    log_min_messages: "error",
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key} = ${typeof value === "string" ? `'${value}'` : value}\n`)
    .join("");
}
