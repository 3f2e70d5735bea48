import { toBytes } from "../../stacks/bytes.ts";
import { LEAST_PER_POOLER, maxConnections, RESERVED_CONNECTIONS } from "../../stacks/connectionBudget.ts";
import type { BackupPlan, DatabasePlan } from "../../stacks/plan.ts";
import { STANZA } from "./backrest.ts";
import { megabytes } from "./bytes.ts";

/** PostgreSQL parameters by name. */
export type Parameters = Record<string, string | number | boolean>;

const MiB = 2 ** 20;
const GiB = 2 ** 30;

/** Connections that one pooler pod may hold to one member: what apps do not hold directly. */
export function connectionsPerPooler(plan: DatabasePlan): number {
  const pooled = maxConnections(plan) - RESERVED_CONNECTIONS - plan.directConnections;
  return Math.max(LEAST_PER_POOLER, Math.floor(pooled / plan.pooler.replicas));
}

/** The parameters of every member: the platform's defaults, sized to memory and volume, under what config sets. */
export function parameters(plan: DatabasePlan): Parameters {
  return {
    ...memory(toBytes(plan.resources.memoryLimit), maxConnections(plan)),
    ...writeAheadLog(toBytes(plan.storage)),
    ...connections(maxConnections(plan)),
    ...behaviour,
    ...(plan.backup && archiving(plan.backup)),
    ...(plan.adopt && subscribing(plan.adopt.databases.length)),
    ...plan.parameters,
  };
}

function memory(limit: number, connections: number): Parameters {
  return {
    shared_buffers: megabytes(limit / 4, 64 * MiB, 16 * GiB),
    effective_cache_size: megabytes(limit * 0.6, 128 * MiB, 1024 * GiB),
    maintenance_work_mem: megabytes(limit / 16, 32 * MiB, GiB),
    work_mem: megabytes(limit / connections, 4 * MiB, 64 * MiB),
  };
}

function writeAheadLog(volume: number): Parameters {
  return {
    wal_level: "replica",
    wal_compression: "lz4",
    max_wal_size: megabytes(volume / 10, 128 * MiB, 16 * GiB),
    min_wal_size: megabytes(volume / 40, 64 * MiB, 2 * GiB),
    // What an absent member may hold back: beyond it that member is built anew instead of filling the volume.
    max_slot_wal_keep_size: megabytes(volume / 5, 256 * MiB, 64 * GiB),
    wal_keep_size: megabytes(volume / 80, 64 * MiB, GiB),
    checkpoint_timeout: "10min",
    max_wal_senders: 10,
    max_replication_slots: 10,
    // A replica comes back to a new primary at once: with quorum commit, writes wait for it.
    wal_retrieve_retry_interval: "500ms",
    wal_sender_timeout: "10s",
    wal_receiver_timeout: "10s",
    wal_receiver_status_interval: "2s",
    // Reads on replicas are not cancelled by the primary's clean-up; a forgotten transaction is ended below instead.
    hot_standby_feedback: true,
  };
}

/** WAL goes to the repositories as soon as a segment is full, and after a minute at the latest. */
const archiving = ({ queueBytes }: BackupPlan): Parameters => ({
  archive_mode: "on",
  archive_command: `pgbackrest-archive ${STANZA} "%p" ${queueBytes}`,
  archive_timeout: "60s",
});

/** Processes of a subscription: the one that replays, and two that copy tables. */
const SUBSCRIPTION_WORKERS = 3;

/** Room for the subscriptions of databases that come from elsewhere, beside what PostgreSQL has by itself. */
function subscribing(databases: number): Parameters {
  const workers = databases * SUBSCRIPTION_WORKERS;
  return {
    max_logical_replication_workers: workers,
    max_worker_processes: 8 + workers,
    max_replication_slots: 10 + workers,
  };
}

function connections(most: number): Parameters {
  return {
    max_connections: most,
    password_encryption: "scram-sha-256",
    ssl: true,
    ssl_min_protocol_version: "TLSv1.3",
    tcp_keepalives_idle: 30,
    tcp_keepalives_interval: 5,
    tcp_keepalives_count: 3,
    tcp_user_timeout: "30s",
    idle_in_transaction_session_timeout: "10min",
  };
}

const behaviour: Parameters = {
  // The image has no compiler for queries: it costs more than it gains with short ones.
  jit: false,
  random_page_cost: 1.1,
  effective_io_concurrency: 100,
  default_toast_compression: "lz4",
  shared_preload_libraries: "pg_stat_statements",
  "pg_stat_statements.track_utility": false,
  logging_collector: false,
  log_destination: "stderr",
  log_line_prefix: "%m [%p] %q%u@%d %h ",
  log_lock_waits: true,
  log_temp_files: "64MB",
  log_autovacuum_min_duration: "1min",
};
