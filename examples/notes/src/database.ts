import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { DatabaseSettings } from "./settings.ts";

/** One note as it is stored. */
export interface Note {
  id: string;
  text: string;
  /** Name of the attached file in the bucket, null if there is none. */
  file: string | null;
  createdAt: Date;
}

/** Longest note, in characters; the table checks it too. */
export const longestNote = 2000;

/** Milliseconds for one statement: a request must fail long before its caller gives up. */
const statementTime = 5000;

/** What node-postgres needs to connect. The files behind it are read again for each pool. */
export function connection(settings: DatabaseSettings): pg.ClientConfig {
  // The time limits are this side's: a pooler in transaction mode takes no settings for a session.
  const times = { connectionTimeoutMillis: 2000, query_timeout: statementTime, keepAlive: true };
  if ("url" in settings) return { connectionString: settings.url, ...times };
  const { host, port, name: database, user, password, caFile } = settings;
  return { host, port, database, user, password, ssl: caFile ? { ca: readFileSync(caFile, "utf8") } : false, ...times };
}

/** The table of notes. */
export class Database {
  private readonly pool: pg.Pool;

  /**
   * @param settings where the database is.
   * @param onLostConnection told when an idle connection breaks; the pool replaces it.
   */
  constructor(settings: DatabaseSettings, onLostConnection: (error: Error) => void) {
    this.pool = new pg.Pool({ ...connection(settings), max: 10, idleTimeoutMillis: 30_000 });
    this.pool.on("error", onLostConnection);
  }

  /** @returns the newest notes first, at most 100. */
  async list(): Promise<Note[]> {
    const { rows } = await this.query<Note>(
      'SELECT id, text, file, created_at AS "createdAt" FROM notes ORDER BY created_at DESC, id LIMIT 100',
    );
    return rows;
  }

  /** Stores a note. The id is chosen here, so that trying again after a lost answer cannot store it twice. */
  async add(text: string, file: string | null): Promise<Note> {
    const id = randomUUID();
    const { rows } = await this.query<Note>(
      `INSERT INTO notes (id, text, file) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET id = excluded.id
       RETURNING id, text, file, created_at AS "createdAt"`,
      [id, text, file],
    );
    return rows[0]!;
  }

  /** Succeeds if the database answers within two seconds. */
  async check(): Promise<void> {
    await this.pool.query({ text: "SELECT 1", query_timeout: 2000 } as pg.QueryConfig);
  }

  /** Waits for running statements, then closes all connections. */
  close(): Promise<void> {
    return this.pool.end();
  }

  /** Every statement here may run twice, so that one that meets a failover is tried again on a new connection. */
  private async query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) {
    try {
      return await this.pool.query<Row>(text, values);
    } catch (error) {
      if (!connectionLost(error)) throw error;
      await sleep(500);
      return this.pool.query<Row>(text, values);
    }
  }
}

/** Whether the statement failed for the connection's sake: no answer of the server, or one that it is going or read-only. */
export function connectionLost(error: unknown): boolean {
  const code = (error as { code?: string }).code;
  const isServersAnswer = code !== undefined && /^[0-9A-Z]{5}$/.test(code) && error instanceof pg.DatabaseError;
  return !isServersAnswer || /^(08|57P|25006)/.test(code);
}
