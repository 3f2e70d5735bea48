import { setTimeout as sleep } from "node:timers/promises";
import pRetry from "p-retry";
import pg from "pg";

/** What the writers saw. */
export interface WriteReport {
  /** Rows whose commit was acknowledged. */
  acknowledged: number;
  /** Rows of which nobody can say: the connection broke, the commit took too long, or its wait for replicas was cancelled. */
  unknown: number;
  /** Statements that certainly wrote nothing: no connection, or PostgreSQL refused them. */
  failed: number;
  /** Error messages with how often each came. */
  errors: Record<string, number>;
  /** Moments (milliseconds of performance.now) of all acknowledgements, in order. */
  acknowledgements: number[];
  /** Longest time, in seconds, in which no row of any writer was acknowledged. */
  longestPause: number;
  /** Acknowledged rows that are not there: data that was lost. */
  lost: number;
}

/** Arguments of startWriters. */
export interface WritersArgs {
  /** How to connect. */
  connection: pg.ClientConfig;
  /** How many write at the same time. Default 4. */
  count?: number;
  /** Milliseconds between two rows of one writer. Default 20: a drill looks for pauses, and is no test of load. */
  pauseMilliseconds?: number;
}

/** Clients that write numbered rows, one after the other, until they are stopped. */
export interface Writers {
  /** Moment (milliseconds of performance.now) of the latest acknowledgement. */
  latest(): number;
  /** Ends the writers, then compares what was acknowledged with what is there. */
  stop(): Promise<WriteReport>;
}

/** Milliseconds after which a client gives a statement up and connects again. */
const PATIENCE = 10_000;

/** SQL states by which PostgreSQL says that it did not begin to write: it is a replica, or starts, or is full. */
const NOT_WRITTEN = ["25006", "57P03", "53300", "53100"];

/**
 * Starts clients that write numbered rows all the time and remember which were acknowledged. A client that gets an
 * error connects again.
 */
export async function startWriters({ connection, count = 4, pauseMilliseconds = 20 }: WritersArgs): Promise<Writers> {
  const table = `numbered_${process.hrtime.bigint()}`;
  const patient = { ...connection, connectionTimeoutMillis: 60_000 };
  // A way may still be cut for a moment by what came before.
  const persistently = { retries: 20, minTimeout: 500, factor: 1 };
  const create = `CREATE TABLE IF NOT EXISTS ${table} (writer int, number int, PRIMARY KEY (writer, number))`;
  await pRetry(() => withClient(patient, (client) => client.query(create)), persistently);
  const config = { ...connection, connectionTimeoutMillis: PATIENCE, query_timeout: PATIENCE };
  const log = { acknowledged: [] as string[], times: [] as number[], errors: {} as Record<string, number> };
  const note = (message: string): void => void (log.errors[message] = (log.errors[message] ?? 0) + 1);
  const outcome = { unknown: 0, failed: 0 };
  const started = performance.now();
  let stopped = false;

  const writer = async (id: number) => {
    for (let number = 0; !stopped;) {
      let sent = false;
      try {
        await withClient(config, async (client) => {
          while (!stopped) {
            number += 1;
            sent = !client.broken;
            await client.query(`INSERT INTO ${table} VALUES ($1, $2)`, [id, number]);
            sent = false;
            const alone = client.takeCancelledWait();
            if (alone) {
              note(alone);
              outcome.unknown += 1;
            } else {
              log.acknowledged.push(`${id}/${number}`);
              log.times.push(performance.now());
            }
            await sleep(pauseMilliseconds);
          }
        });
      } catch (error) {
        const { message, code = "" } = error as Error & { code?: string };
        note(message);
        outcome[sent && !NOT_WRITTEN.includes(code) ? "unknown" : "failed"] += 1;
        await sleep(20);
      }
    }
  };
  const running = Array.from({ length: count }, (_, id) => writer(id));

  return {
    latest: () => log.times.at(-1) ?? started,
    async stop() {
      stopped = true;
      await Promise.all(running);
      const times = [started, ...log.times, performance.now()];
      const present = await pRetry(() => withClient(patient, (client) => readRows(client, table)), persistently);
      await pRetry(() => withClient(patient, (client) => client.query(`DROP TABLE IF EXISTS ${table}`)), persistently);
      return {
        ...outcome,
        acknowledged: log.acknowledged.length,
        errors: log.errors,
        acknowledgements: log.times,
        longestPause: Math.max(...times.slice(1).map((time, index) => time - times[index]!)) / 1000,
        lost: log.acknowledged.filter((row) => !present.has(row)).length,
      };
    },
  };
}

/** The rows that are there, as writers name them. */
async function readRows(client: pg.Client, table: string): Promise<Set<string>> {
  // A restored database may be older than the table: then every row is lost.
  const known = await client.query("SELECT FROM pg_tables WHERE tablename = $1", [table]);
  if (known.rowCount === 0) return new Set();
  const { rows } = await client.query<{ row: string }>(`SELECT writer || '/' || number AS row FROM ${table}`);
  return new Set(rows.map(({ row }) => row));
}

/** By this warning alone PostgreSQL says of a commit that it is on the primary, and perhaps nowhere else. */
const CANCELLED_WAIT = "canceling wait for synchronous replication";

/** A client that knows what queries do not say. */
class WatchedClient extends pg.Client {
  /** Whether its connection broke while nothing was asked: the next query is then not sent. */
  broken = false;
  #cancelledWait: string | undefined;

  constructor(config: pg.ClientConfig) {
    super(config);
    this.on("error", () => (this.broken = true));
    this.on("notice", ({ message = "" }) => {
      if (message.startsWith(CANCELLED_WAIT)) this.#cancelledWait = message;
    });
  }

  /** The warning that came with the latest commit, if its wait for replicas was cancelled. */
  takeCancelledWait(): string | undefined {
    const warning = this.#cancelledWait;
    this.#cancelledWait = undefined;
    return warning;
  }
}

async function withClient<T>(config: pg.ClientConfig, use: (client: WatchedClient) => Promise<T>): Promise<T> {
  const client = new WatchedClient(config);
  try {
    await client.connect();
    return await use(client);
  } finally {
    // A server that is gone answers no goodbye.
    await Promise.race([client.end().catch(() => undefined), sleep(1000)]);
  }
}
