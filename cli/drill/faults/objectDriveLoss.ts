import { driveClaim, driveName } from "../../../components/objects/minioVolumes.ts";
import { completeDrives } from "../../objects/complete.ts";
import type { StoreTarget } from "../../objects/target.ts";
import type { Drill } from "../drill.ts";
import { onVolumes, volumeOf, type NodeVolume } from "../volumes.ts";

/** Seconds that a drive takes no writes. */
const READ_ONLY_SECONDS = 30;

/** A server's first drive. */
const driveOf = ({ kubectl, namespace }: StoreTarget, server: string): Promise<NodeVolume> =>
  volumeOf(kubectl, namespace, driveClaim(server, driveName(0)));

/** One drive is another, empty one all at once; or its file system has seen an error and takes no writes any more. */
export const objectDriveLoss: Drill<StoreTarget> = {
  summary: `empties a drive of a store that holds 1 GiB, then makes one read-only for ${READ_ONLY_SECONDS} s`,
  faults: {
    "drive-emptied": {
      ballast: 2 ** 30,
      inject: async (target, server) => {
        // What is written meanwhile may stand in the way of the folders.
        const script = 'for _ in 1 2 3; do find "$1" -mindepth 1 -delete 2>/dev/null && exit; done';
        await onVolumes([await driveOf(target, server)], script);
      },
    },
    "drive-read-only": {
      inject: async (target, server) => {
        const drive = await driveOf(target, server);
        // A file that is just being written keeps the file system from it.
        const script = 'for _ in $(seq 1000); do mount -o remount,ro "$1" 2>/dev/null && exit; done; exit 1';
        await onVolumes([drive], script);
        return async () => {
          await onVolumes([drive], 'mount -o remount,rw "$1"');
        };
      },
      lastsSeconds: READ_ONLY_SECONDS,
      complete: completeDrives,
    },
  },
};
