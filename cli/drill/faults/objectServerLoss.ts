import { completeDrives } from "../../objects/complete.ts";
import type { StoreTarget } from "../../objects/target.ts";
import type { Drill } from "../drill.ts";
import { freezeMembers } from "./freeze.ts";

/** Seconds that a server is away. */
const AWAY_SECONDS = 45;

/** Why a store of one server cannot have a drill that takes one; undefined where there are more. */
export const withoutOtherServers = ({ objects }: StoreTarget): string | undefined =>
  objects.servers.length > 1 ? undefined : "its object store has one server only";

/** A server is gone at once, or stands still with its connections open. */
export const objectServerLoss: Drill<StoreTarget> = {
  summary: `kills a server of the object store, then stops one (SIGSTOP), for ${AWAY_SECONDS} s each`,
  faults: {
    "server-killed": {
      inject: async ({ kubectl, namespace }, server) => {
        const place = ["--namespace", namespace];
        await kubectl.run(["scale", `statefulset/${server}`, ...place, "--replicas=0"]);
        await kubectl.run(["delete", "pod", `${server}-0`, ...place, "--grace-period=0", "--force"]);
        return async () => {
          await kubectl.run(["scale", `statefulset/${server}`, ...place, "--replicas=1"]);
        };
      },
      lastsSeconds: AWAY_SECONDS,
    },
    "server-frozen": {
      inject: (target, server) => freezeMembers(target, [server]),
      lastsSeconds: AWAY_SECONDS,
      complete: completeDrives,
    },
  },
  unsuitable: withoutOtherServers,
};
