import { setTimeout as sleep } from "node:timers/promises";
import type { AdoptedDatabase } from "../../stacks/plan.ts";
import { UserError } from "../userError.ts";
import type { PsqlSession } from "./session.ts";

/** Milliseconds between two looks at how far the replay is. */
const PAUSE = 50;

/**
 * Waits until everything is replayed here that was committed at the source before now.
 *
 * @param seconds for it.
 * @throws UserError where it takes longer.
 */
export async function untilReplayed(source: PsqlSession, { name, link }: AdoptedDatabase, seconds: number) {
  const [now] = await source.query("SELECT pg_current_wal_insert_lsn()");
  // A commit that is written out, and with it all before it: a server without anything to do would not send the last ones.
  await source.query("SELECT pg_logical_emit_message(true, 'archipel', 'cut-over')");
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(PAUSE)) {
    const [behind] = await source.query(
      `SELECT '${now}'::pg_lsn - confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = '${link}'`,
    );
    if (behind === undefined) throw new UserError(`${name}: the source has no slot ${link} any more`);
    if (Number(behind) <= 0) return;
  }
  throw new UserError(`${name}: not everything was replayed here within ${seconds} s`);
}
