import type { Drill } from "../drill.ts";
import { UserError } from "../../userError.ts";
import { others, withoutReplicas } from "../processes.ts";
import { freezeMembers, FROZEN_SECONDS } from "./freeze.ts";

/** One replica stands still: another confirms commits, where there is one. */
export const replicaLoss: Drill = {
  summary: `stops all processes of one replica for ${FROZEN_SECONDS} s: commits go on with the other`,
  faults: {
    "replica-frozen": {
      inject: (target, primary) => freezeMembers(target, [others(target, primary)[0]!]),
      lastsSeconds: FROZEN_SECONDS,
    },
  },
  unsuitable: withoutReplicas,
};

/** No replica is left that could confirm a commit: `whenAlone` decides what then. */
export const bothReplicasLost: Drill = {
  summary: `stops all replicas for ${FROZEN_SECONDS} s: commits go on alone or wait, as archipel:database.whenAlone says`,
  faults: {
    "replicas-frozen": {
      inject: (target, primary) => freezeMembers(target, others(target, primary)),
      lastsSeconds: FROZEN_SECONDS,
      outcome: ({ database: { whenAlone } }, longestPause) => {
        const did = longestPause < FROZEN_SECONDS ? "degrade" : "block";
        const outcome = { degrade: "commits went on alone", block: "commits waited until a replica was back" }[did];
        if (did === whenAlone) return `${outcome}, as whenAlone: ${whenAlone} says`;
        throw new UserError(`${outcome}, and whenAlone is ${whenAlone}`);
      },
    },
  },
  unsuitable: withoutReplicas,
};
