import type { AdoptedDatabase } from "../../stacks/plan.ts";
import { queryJson, type Adoption } from "./connections.ts";

/** What a copied table waits for, by PostgreSQL's letter. */
const STATES: Record<string, string> = {
  i: "waits",
  d: "is copied",
  f: "is copied, and catches up",
  s: "is copied, and catches up",
  r: "follows",
};

/** How far one database is. */
export interface Progress {
  /** Its tables, with what they do. */
  tables: { name: string; state: string; rows?: number }[];
  /** Whether every table follows. */
  follows: boolean;
  /** Failed attempts to copy or to replay. */
  errors: number;
  /** Whether somebody replays at this moment. */
  connected: boolean;
}

/** How far the source is ahead. */
export interface Lag {
  /** Bytes of WAL that were not replayed here yet. */
  bytes: number;
  /** Seconds between a commit there and its replay here, as last measured; null: the source does not know. */
  seconds: number | null;
  /** Bytes of WAL that the source keeps for the slot. */
  kept: number;
  /** What PostgreSQL says of them: reserved, extended, unreserved or lost. */
  state: string;
}

/** How far a database is that was begun; undefined where it was not. */
export async function readProgress(adoption: Adoption, database: AdoptedDatabase): Promise<Progress | undefined> {
  const text = `
    SELECT coalesce((SELECT json_build_object(
      'tables', (SELECT coalesce(json_agg(json_build_object('name', srrelid::regclass, 'state', srsubstate,
          'rows', tuples_processed) ORDER BY srrelid::regclass::text), '[]')
        FROM pg_subscription_rel LEFT JOIN pg_stat_progress_copy ON relid = srrelid WHERE srsubid = oid),
      'errors', (SELECT apply_error_count + sync_error_count FROM pg_stat_subscription_stats WHERE subid = oid),
      'connected', EXISTS (SELECT FROM pg_stat_subscription WHERE subid = oid AND relid IS NULL AND pid IS NOT NULL))
    FROM pg_subscription WHERE subname = '${database.link}'), 'null')`;
  const found = await queryJson<Omit<Progress, "follows"> | null>(adoption, database, "here", text);
  if (!found) return undefined;
  const tables = found.tables.map(({ name, state, rows }) => ({
    name,
    state: STATES[state] ?? state,
    ...(state === "d" && rows !== null && { rows }),
  }));
  return { ...found, tables, follows: found.tables.every(({ state }) => state === "r") };
}

/** How far the source is ahead; undefined where it has no slot. @throws UserError with what the source said. */
export async function readLag(adoption: Adoption, database: AdoptedDatabase): Promise<Lag | undefined> {
  const text = `
    SELECT coalesce((SELECT json_build_object(
      'bytes', greatest(pg_current_wal_lsn() - confirmed_flush_lsn, 0),
      'seconds', (SELECT extract(epoch FROM replay_lag) FROM pg_stat_replication WHERE pid = active_pid),
      'kept', pg_current_wal_lsn() - restart_lsn,
      'state', wal_status)
    FROM pg_replication_slots WHERE slot_name = '${database.link}'), 'null')`;
  return (await queryJson<Lag | null>(adoption, database, "source", text)) ?? undefined;
}
