import type { Drill } from "../drill.ts";
import type { Target } from "../../database/target.ts";

/** Tells every member at once to restart, as a new image does, and waits until all have. */
export async function restartAll(
  { kubectl, namespace }: Pick<Target, "kubectl" | "namespace">,
  names: string[],
): Promise<void> {
  const members = names.map((name) => `statefulset/${name}`);
  await kubectl.run(["rollout", "restart", "--namespace", namespace, ...members]);
  for (const member of members) {
    await kubectl.run(["rollout", "status", "--namespace", namespace, member, "--timeout=600s"]);
  }
}

/** What a new image or a new setting does to the members. */
export const rollingRestart: Drill = {
  summary: "tells all members to restart at the same time; they take turns",
  faults: {
    "rolling-restart": {
      inject: (target) =>
        restartAll(
          target,
          target.database.members.map(({ name }) => name),
        ),
    },
  },
};
