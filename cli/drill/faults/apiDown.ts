import { setTimeout as sleep } from "node:timers/promises";
import { startService, stopService } from "../../../sandbox/machine.ts";
import type { Drill } from "../drill.ts";
import type { Target } from "../../database/target.ts";
import { processesOf, processOf } from "../processes.ts";
import { repairable } from "../repair.ts";

/** Seconds that the API server is away in all. */
const AWAY_SECONDS = 120;

const machineOf = ({ site }: Target): string => `${site.name}-control`;
const SERVICE = "kube-apiserver";

/** The Kubernetes API is away; halfway through that PostgreSQL crashes. */
export const apiDown: Drill = {
  summary: `stops the Kubernetes API server for ${AWAY_SECONDS} s and kills the primary's PostgreSQL meanwhile`,
  faults: {
    "api-down": {
      inject: async (target, primary) => {
        const postgres = processOf(await processesOf(target, primary), "postgres");
        return repairable(
          () => startService(machineOf(target), SERVICE),
          async () => {
            await stopService(machineOf(target), SERVICE);
            await sleep((AWAY_SECONDS * 1000) / 2);
            process.kill(postgres, "SIGKILL");
          },
        );
      },
      lastsSeconds: AWAY_SECONDS / 2,
    },
  },
};
