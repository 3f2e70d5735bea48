import type { Drill } from "../drill.ts";
import { freezeMembers, FROZEN_SECONDS } from "./freeze.ts";

/** The primary stands still without ending: its connections stay open and say nothing. */
export const primaryFreeze: Drill = {
  summary: `stops all processes of the primary for ${FROZEN_SECONDS} s (SIGSTOP), then lets them go on`,
  faults: {
    "primary-frozen": {
      inject: (target, primary) => freezeMembers(target, [primary]),
      lastsSeconds: FROZEN_SECONDS,
    },
  },
};
