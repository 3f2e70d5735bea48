import type { Drill } from "../drill.ts";
import { freezeMembers } from "./freeze.ts";

/** The primary stands still without ending: its connections stay open and say nothing. */
export const primaryFreeze: Drill = {
  summary: "stops all processes of the primary for 45 s (SIGSTOP), then lets them go on",
  faults: {
    "primary-frozen": {
      inject: (target, primary) => freezeMembers(target, [primary]),
      lastsSeconds: 45,
    },
  },
};
