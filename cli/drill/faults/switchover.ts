import type { Drill } from "../drill.ts";
import type { Target } from "../../database/target.ts";
import { withoutReplicas } from "../processes.ts";

/** Hands the leadership to a replica, as an administrator does before work on a node. */
async function switchOver({ kubectl, namespace }: Target, primary: string): Promise<void> {
  const request = `source patroni-api; API_SECONDS=60 patroni_api switchover --request POST --data '{"leader": "${primary}"}'`;
  const command = ["bash", "-c", request];
  await kubectl.run(["exec", `${primary}-0`, "--namespace", namespace, "--container", "patroni", "--", ...command]);
}

/** A planned change of the primary. */
export const switchover: Drill = {
  summary: "hands the leadership to a replica",
  faults: { switchover: { inject: switchOver } },
  unsuitable: withoutReplicas,
};
