import type { Drill } from "../drill.ts";
import { others, withoutReplicas } from "../processes.ts";
import { freezeMembers } from "./freeze.ts";

/** The primary and one replica stand still at once: the replica that is left may lack what the other one confirmed. */
export const primaryAndReplicaLost: Drill = {
  summary: "stops the primary and one replica for 45 s: nobody takes over who may lack a confirmed commit",
  faults: {
    "primary-and-replica-frozen": {
      inject: (target, primary) => freezeMembers(target, [primary, others(target, primary)[0]!]),
      lastsSeconds: 45,
    },
  },
  unsuitable: withoutReplicas,
};
