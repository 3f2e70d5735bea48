import type { Drill } from "../drill.ts";
import type { Target } from "../../database/target.ts";

/** Tells every member at once to restart, as a new image does, and waits until all have. */
async function restartAll({ kubectl, namespace, database }: Target): Promise<void> {
  const members = database.members.map(({ name }) => `statefulset/${name}`);
  await kubectl.run(["rollout", "restart", "--namespace", namespace, ...members]);
  for (const member of members) {
    await kubectl.run(["rollout", "status", "--namespace", namespace, member, "--timeout=600s"]);
  }
}

/** What a new image or a new setting does to the members. */
export const rollingRestart: Drill = {
  summary: "tells all members to restart at the same time; they take turns",
  faults: { "rolling-restart": { inject: restartAll } },
};
