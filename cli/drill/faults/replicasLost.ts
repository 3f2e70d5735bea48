import type { Drill } from "../drill.ts";
import { others, withoutReplicas } from "../processes.ts";
import { freezeMembers } from "./freeze.ts";

/** No replica is left that could confirm a commit: `whenAlone` decides what then. */
export const bothReplicasLost: Drill = {
  summary: "stops all replicas for 45 s: commits go on alone or wait, as archipel:database.whenAlone says",
  faults: {
    "replicas-frozen": {
      inject: (target, primary) => freezeMembers(target, others(target, primary)),
      // kubelet ends what stands still for a minute, and waits longer each time before it starts it again.
      lastsSeconds: 45,
    },
  },
  unsuitable: withoutReplicas,
};
