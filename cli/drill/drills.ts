import type { StoreTarget } from "../objects/target.ts";
import type { Drill } from "./drill.ts";
import { apiDown } from "./faults/apiDown.ts";
import { dcsLoss } from "./faults/dcsLoss.ts";
import { diskFull } from "./faults/diskFull.ts";
import { everythingDeleted } from "./faults/everythingDeleted.ts";
import { networkCut } from "./faults/networkCut.ts";
import { nodeLoss, objectNodeLoss } from "./faults/nodeLoss.ts";
import { objectBitRot } from "./faults/objectBitRot.ts";
import { objectDiskFull } from "./faults/objectDiskFull.ts";
import { objectDriveLoss } from "./faults/objectDriveLoss.ts";
import { objectRollingUpgrade } from "./faults/objectRollingUpgrade.ts";
import { objectServerLoss } from "./faults/objectServerLoss.ts";
import { primaryAndReplicaLost } from "./faults/primaryAndReplicaLost.ts";
import { primaryFreeze } from "./faults/primaryFreeze.ts";
import { primaryKill } from "./faults/primaryKill.ts";
import { bothReplicasLost, replicaLoss } from "./faults/replicasLost.ts";
import { rollingRestart } from "./faults/rollingRestart.ts";
import { switchover } from "./faults/switchover.ts";

/** Every drill of a database by name; a new drill is a file and a line here. */
export const drills: Record<string, Drill> = {
  "primary-kill": primaryKill,
  "primary-freeze": primaryFreeze,
  "node-loss": nodeLoss,
  "api-down": apiDown,
  "dcs-loss": dcsLoss,
  "disk-full": diskFull,
  "network-cut": networkCut,
  "replica-loss": replicaLoss,
  "both-replicas-lost": bothReplicasLost,
  "primary-and-replica-lost": primaryAndReplicaLost,
  "rolling-restart": rollingRestart,
  switchover,
  "delete-everything-and-restore": everythingDeleted,
};

/** Every drill of an object store by name. */
export const storeDrills: Record<string, Drill<StoreTarget>> = {
  "object-drive-loss": objectDriveLoss,
  "object-server-loss": objectServerLoss,
  "object-node-loss": objectNodeLoss,
  "object-rolling-upgrade": objectRollingUpgrade,
  "object-disk-full": objectDiskFull,
  "object-bit-rot": objectBitRot,
};
