import assert from "node:assert/strict";
import { onMember, primaries, queryMember, type Target } from "../../cli/database/target.ts";
import { eventually } from "./eventually.ts";

/** State of the slot that keeps WAL for a member. */
export const slotOf = (member: string): string =>
  `SELECT wal_status FROM pg_replication_slots WHERE slot_name = '${member.replace("-", "_")}'`;

/**
 * Takes a replica away until the primary has removed WAL that it needs, and starts it again.
 *
 * @returns the replica, whose container runs, and the primary.
 */
export async function leaveBehind(target: Target): Promise<{ away: string; primary: string }> {
  const { kubectl, namespace } = target;
  const [primary] = await primaries(target);
  const away = target.database.members.find(({ name }) => name !== primary)!.name;
  const scale = (replicas: number): Promise<string> =>
    kubectl.run(["scale", `statefulset/${away}`, `--replicas=${replicas}`, "--namespace", namespace]);
  await scale(0);
  await kubectl.run(["wait", "--for=delete", `pod/${away}-0`, "--timeout=180s", "--namespace", namespace]);
  const missing = await queryMember(target, primary!, "SELECT pg_walfile_name(pg_current_wal_lsn())");
  await eventually(180, async () => {
    for (let segment = 0; segment < 10; segment++) {
      await queryMember(target, primary!, "SELECT pg_logical_emit_message(false, 'x', 'x'), pg_switch_wal()");
    }
    await queryMember(target, primary!, "CHECKPOINT");
    // Patroni makes a slot again that has lost its place: what tells is the WAL itself.
    const kept = `SELECT count(*) FROM pg_ls_waldir() WHERE name = '${missing}'`;
    assert.equal(await queryMember(target, primary!, kept), "0");
  });
  await scale(1);
  const selector = ["pod", `${away}-0`, "--namespace", namespace];
  await eventually(60, () => kubectl.run(["get", ...selector]));
  await kubectl.run(["wait", "--for=jsonpath={.status.phase}=Running", "--timeout=120s", ...selector]);
  await eventually(60, () => onMember(target, away, "test", "-e", "/run/patroni/pgpass"));
  return { away, primary: primary! };
}
