import type { StoreTarget } from "../../objects/target.ts";
import type { Drill } from "../drill.ts";
import { restartAll } from "./rollingRestart.ts";

/** What a new image does to the servers. */
export const objectRollingUpgrade: Drill<StoreTarget> = {
  summary: "tells all servers of the object store to restart at the same time; they take turns",
  faults: {
    "rolling-upgrade": {
      inject: (target) =>
        restartAll(
          target,
          target.objects.servers.map(({ name }) => name),
        ),
    },
  },
};
