import assert from "node:assert/strict";
import { queryMember, untilComplete, type Target } from "../../cli/database/target.ts";

/** Asserts that the former primary handed over and restarted as the last: to a replica that had restarted before it. */
export async function restartedLast(target: Target, before: string): Promise<void> {
  assert.notEqual(await untilComplete(target), before, "the primary handed over");
  const text = "SELECT extract(epoch FROM pg_postmaster_start_time())";
  const starts = await Promise.all(target.database.members.map(({ name }) => queryMember(target, name, text)));
  const last = starts.map(Number).reduce((latest, start) => Math.max(latest, start));
  assert.equal(target.database.members[starts.map(Number).indexOf(last)]!.name, before);
}
