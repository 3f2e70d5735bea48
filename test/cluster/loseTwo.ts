import assert from "node:assert/strict";
import type { DrillResult } from "../../cli/drill/result.ts";
import { noneLost } from "./noneLost.ts";
import { archipel } from "./support.ts";

/**
 * Loses the primary and a replica of a database with five members at once: one of those that are left has every commit that was
 * acknowledged, and takes over. The drill fails where none does.
 */
export async function loseTwo(stack: string): Promise<void> {
  const { stdout } = await archipel(["drill", "primary-and-replica-lost", "--stack", stack, "--json"]);
  const { lost_acknowledged_writes, acknowledged_writes, outcomes } = JSON.parse(stdout) as DrillResult;
  noneLost("two of five members lost", lost_acknowledged_writes);
  assert.ok(acknowledged_writes > 100, "writers wrote before and after");
  assert.deepEqual(outcomes, { "a replica that was left took over, as 5 members must": 1 });
}
