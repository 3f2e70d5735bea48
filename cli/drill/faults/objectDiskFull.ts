import { driveClaim, driveName } from "../../../components/objects/minioVolumes.ts";
import { completeDrives } from "../../objects/complete.ts";
import type { StoreTarget } from "../../objects/target.ts";
import type { Drill, Repair } from "../drill.ts";
import { fillVolumes, volumeOf } from "../volumes.ts";

/** Seconds that volumes stay full. */
const FULL_SECONDS = 30;

/** Fills all drives of some servers. */
async function fill({ kubectl, namespace, objects }: StoreTarget, servers: string[]): Promise<Repair> {
  const claims = servers.flatMap((server) =>
    Array.from({ length: objects.drivesPerServer }, (_, index) => driveClaim(server, driveName(index))),
  );
  return fillVolumes(await Promise.all(claims.map((claim) => volumeOf(kubectl, namespace, claim))));
}

/** Drives without a free byte: writes go on elsewhere or are refused with a clear error, and all can be read. */
export const objectDiskFull: Drill<StoreTarget> = {
  summary: `fills all drives of a server of the object store for ${FULL_SECONDS} s, then those of all servers`,
  faults: {
    "one-full": {
      inject: (target, server) => fill(target, [server]),
      lastsSeconds: FULL_SECONDS,
      complete: completeDrives,
    },
    "all-full": {
      inject: (target) =>
        fill(
          target,
          target.objects.servers.map(({ name }) => name),
        ),
      lastsSeconds: FULL_SECONDS,
      complete: completeDrives,
    },
  },
};
