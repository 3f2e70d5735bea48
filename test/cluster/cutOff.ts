import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { onMember, type Target } from "../../cli/database/target.ts";
import { KubectlError } from "../../cli/kubectl.ts";

/** Kills everything in the container as soon as a program is seen in it; ends by itself where it is not. */
const SCRIPT = `for _ in {1..40}; do
  if grep --quiet --no-messages --line-regexp "$0" /proc/[0-9]*/comm; then kill -KILL -1; fi
  sleep 0.05
done`;
/** Milliseconds until a cluster must have begun. */
const PATIENCE = 300_000;

/**
 * Cuts the member off on which a cluster begins, in the middle of it.
 *
 * @param program what fills its data directory: initdb or pgbackrest.
 * @returns the member.
 */
export async function cutOff(target: Target, program: string): Promise<string> {
  let cut: string | undefined;
  const watch = async (member: string): Promise<void> => {
    for (const end = Date.now() + PATIENCE; cut === undefined && Date.now() < end; await sleep(100)) {
      try {
        await onMember(target, member, "bash", "-c", SCRIPT, program);
      } catch (error) {
        // There is no pod yet, or none that runs: only what was killed ends so.
        assert.ok(error instanceof KubectlError, String(error));
        if (error.message.includes("137")) cut = member;
      }
    }
  };
  await Promise.all(target.database.members.map(({ name }) => watch(name)));
  assert.ok(cut, `no member was seen to run ${program}`);
  return cut;
}

/** Asserts that a member that was cut off noticed it. */
export async function beganAnew({ kubectl, namespace }: Target, member: string): Promise<void> {
  const log = await kubectl.run(["logs", `${member}-0`, "--container", "patroni", "--namespace", namespace]);
  assert.match(log, /the cluster began here and was cut off before it had begun: it begins anew/);
}
