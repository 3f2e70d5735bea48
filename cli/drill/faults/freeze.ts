import { signalAll, type RunningProcess } from "../../../sandbox/processList.ts";
import type { Repair } from "../drill.ts";
import type { Target } from "../../database/target.ts";
import { processesOf } from "../processes.ts";

/** Seconds that members stand still: kubelet ends what stands still for a minute, and waits longer each time to start it again. */
export const FROZEN_SECONDS = 45;

/** Stops processes without ending them. */
export function freeze(processes: RunningProcess[]): Repair {
  signalAll(processes, "SIGSTOP");
  return () => Promise.resolve(signalAll(processes, "SIGCONT"));
}

/** Stops every process of some members. */
export async function freezeMembers(target: Pick<Target, "kubectl" | "namespace">, members: string[]): Promise<Repair> {
  return freeze((await Promise.all(members.map((member) => processesOf(target, member)))).flat());
}
