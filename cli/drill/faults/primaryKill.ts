import type { Drill, Fault } from "../drill.ts";
import { processesOf, processOf } from "../processes.ts";

/** Ends one of the primary's processes. */
const signal = (which: Parameters<typeof processOf>[1], name: NodeJS.Signals): Fault => ({
  inject: async (target, primary) => {
    process.kill(processOf(await processesOf(target, primary), which), name);
  },
});

const deletePod = (options: string[]): Fault => ({
  inject: async ({ kubectl, namespace }, primary) => {
    await kubectl.run(["delete", "pod", `${primary}-0`, "--namespace", namespace, "--wait=false", ...options]);
  },
});

/** The primary's processes, its container or its pod end, with and without a warning. */
export const primaryKill: Drill = {
  summary: "kills the primary: PostgreSQL, Patroni, the container, the pod",
  faults: {
    "postgres-sigkill": signal("postgres", "SIGKILL"),
    "patroni-sigkill": signal("patroni", "SIGKILL"),
    "container-sigkill": signal("container", "SIGKILL"),
    "patroni-sigterm": signal("patroni", "SIGTERM"),
    "pod-deleted": deletePod([]),
    "pod-forced": deletePod(["--force", "--grace-period=0"]),
  },
};
