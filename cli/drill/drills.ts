import type { Drill } from "./drill.ts";
import { apiDown } from "./faults/apiDown.ts";
import { dcsLoss } from "./faults/dcsLoss.ts";
import { diskFull } from "./faults/diskFull.ts";
import { everythingDeleted } from "./faults/everythingDeleted.ts";
import { networkCut } from "./faults/networkCut.ts";
import { nodeLoss } from "./faults/nodeLoss.ts";
import { primaryFreeze } from "./faults/primaryFreeze.ts";
import { primaryKill } from "./faults/primaryKill.ts";
import { bothReplicasLost } from "./faults/replicasLost.ts";
import { rollingRestart } from "./faults/rollingRestart.ts";
import { switchover } from "./faults/switchover.ts";

/** Every drill by name; a new drill is a file and a line here. */
export const drills: Record<string, Drill> = {
  "primary-kill": primaryKill,
  "primary-freeze": primaryFreeze,
  "node-loss": nodeLoss,
  "api-down": apiDown,
  "dcs-loss": dcsLoss,
  "disk-full": diskFull,
  "network-cut": networkCut,
  "both-replicas-lost": bothReplicasLost,
  "rolling-restart": rollingRestart,
  switchover,
  "delete-everything": everythingDeleted,
};
