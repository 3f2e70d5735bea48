import type { Drill } from "../drill.ts";
import { UserError } from "../../userError.ts";
import { others, withoutReplicas } from "../processes.ts";
import { freezeMembers, FROZEN_SECONDS } from "./freeze.ts";

/** Members from which on each commit is confirmed by so many replicas that one of those left has it. */
const TWO_MAY_BE_LOST = 5;

/**
 * The primary and one replica stand still at once. With three members the replica that is left may lack what the other one
 * confirmed, and waits; with five two of four confirm each commit, and one of the three that are left takes over.
 */
export const primaryAndReplicaLost: Drill = {
  summary: `stops the primary and one replica for ${FROZEN_SECONDS} s: nobody takes over who may lack a confirmed commit`,
  faults: {
    "primary-and-replica-frozen": {
      inject: (target, primary) => freezeMembers(target, [primary, others(target, primary)[0]!]),
      lastsSeconds: FROZEN_SECONDS,
      outcome: ({ database: { members } }, longestPause) => {
        const went = longestPause < FROZEN_SECONDS;
        const outcome = went ? "a replica that was left took over" : "writes waited until one of the two was back";
        if (went === members.length >= TWO_MAY_BE_LOST) return `${outcome}, as ${members.length} members must`;
        throw new UserError(`${outcome}, and there are ${members.length} members`);
      },
    },
  },
  unsuitable: withoutReplicas,
};
