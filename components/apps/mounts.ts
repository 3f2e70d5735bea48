import type { types } from "@pulumi/kubernetes";
import type { MountPlan } from "../../stacks/filesPlan.ts";

const volumeName = ({ share }: MountPlan): string => `share-${share}`;

/** The volumes of a pod with shares, one for each share; read-only ones are mounted so by the node already. */
export function shareVolumes(mounts: MountPlan[]): types.input.core.v1.Volume[] {
  const first = mounts.filter((mount, index) => mounts.findIndex(({ share }) => share === mount.share) === index);
  return first.map((mount) => ({
    name: volumeName(mount),
    persistentVolumeClaim: {
      claimName: mount.claim,
      readOnly: mounts.filter(({ share }) => share === mount.share).every(({ readOnly }) => readOnly),
    },
  }));
}

/** Where a container has them. */
export const shareMounts = (mounts: MountPlan[]): types.input.core.v1.VolumeMount[] =>
  mounts.map((mount) => ({
    name: volumeName(mount),
    mountPath: mount.path,
    subPath: mount.subPath,
    readOnly: mount.readOnly,
  }));
