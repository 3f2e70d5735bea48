import { podProcesses } from "../../../sandbox/processList.ts";
import type { Drill, Fault } from "../drill.ts";
import { podOf } from "../processes.ts";
import { freeze } from "./freeze.ts";

/** Voters stand still without ending. */
const lose = (count: number): Fault => ({
  inject: async (target) => {
    const voters = target.site.dcs!.members.slice(0, count);
    const pods = await Promise.all(voters.map(({ name }) => podOf(target, name)));
    return freeze(pods.flatMap(({ uid }) => podProcesses(uid)));
  },
  lastsSeconds: 40,
});

/** The DCS loses a voter, and then its quorum: failsafe mode keeps the primary. */
export const dcsLoss: Drill = {
  summary: "stops one voter of the DCS for 40 s, then two",
  faults: { "one-voter": lose(1), "two-voters": lose(2) },
};
