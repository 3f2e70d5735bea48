import assert from "node:assert/strict";
import pg from "pg";
import { openClients } from "../../cli/drill/clients.ts";
import { onMember, queryMember, untilComplete, type Target } from "../../cli/database/target.ts";
import { eventually } from "./eventually.ts";

/** Reads at the same moment: enough for a server connection to every replica. */
const READERS = 8;

/**
 * Lets one replica after the other stand still while the primary writes more than 1 MiB, which `readLag` must be: what clients
 * read through the pooler is what was written last, from the other replica or from the primary; and from replicas again once
 * they go on.
 */
export async function lagBehind(target: Target): Promise<void> {
  const primary = await untilComplete(target);
  const replicas = target.database.members.map(({ name }) => name).filter((name) => name !== primary);
  const clients = await openClients(target);
  const writer = new pg.Client(clients.write.pooler);
  await writer.connect();
  const write = (round: number): Promise<unknown> =>
    writer.query(`INSERT INTO lagging SELECT ${round}, repeat('x', 1000) FROM generate_series(1, 3000)`);
  /** Patroni ends a pause that PostgreSQL is asked for: the process that replays is stopped itself. */
  const replay = async (member: string, signal: "STOP" | "CONT"): Promise<void> => {
    const pid = await queryMember(target, member, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'startup'");
    await onMember(target, member, "bash", "-c", `kill -${signal} ${pid}`);
  };
  /** Waits until every read sees this round at this kind of member, many times in a row: one look may be luck. */
  const allSee = (round: number, by: "replica" | "primary"): Promise<void> =>
    eventually(180, async () => {
      for (let turn = 0; turn < 10; turn++)
        assert.deepEqual(new Set(await readAll(clients.read)), new Set([`${round} ${by}`]));
    });
  try {
    await writer.query("CREATE TABLE lagging (round int, filler text)");
    await write(1);
    await allSee(1, "replica");
    for (const [index, replica] of replicas.entries()) {
      await replay(replica, "STOP");
      await write(index + 2);
      await allSee(index + 2, index + 1 < replicas.length ? "replica" : "primary");
    }
    for (const replica of replicas) await replay(replica, "CONT");
    await allSee(replicas.length + 1, "replica");
    await writer.query("DROP TABLE lagging");
  } finally {
    for (const replica of replicas) await replay(replica, "CONT");
    await writer.end();
    await clients.close();
  }
}

/** What each of several clients sees, and who answered it. */
function readAll(connection: pg.ClientConfig): Promise<string[]> {
  const readOne = async (): Promise<string> => {
    const client = new pg.Client(connection);
    try {
      await client.connect();
      const { rows } = await client.query<{ round: number; replica: boolean }>(
        "SELECT max(round) AS round, pg_is_in_recovery() AS replica FROM lagging, (SELECT pg_sleep(0.1)) AS slowly",
      );
      return `${rows[0]!.round} ${rows[0]!.replica ? "replica" : "primary"}`;
    } finally {
      await client.end();
    }
  };
  return Promise.all(Array.from({ length: READERS }, readOne));
}
