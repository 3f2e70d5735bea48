import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Platform } from "./platform.ts";

/** Options of a resource that holds data: never deleted by mistake. Off in sandboxes. */
export function dataOptions(protectData: boolean): pulumi.CustomResourceOptions {
  return protectData ? { protect: true, retainOnDelete: true } : {};
}

/** Options of a volume. In a sandbox it may leave config, and stays in the cluster all the same: it goes with its namespace. */
export function volumeOptions(protectData: boolean): pulumi.CustomResourceOptions {
  return { ...dataOptions(protectData), retainOnDelete: true };
}

/** Arguments of dataVolume. */
export interface DataVolumeArgs {
  /** Name of the claim. */
  claim: string;
  /** Labels of the claim. */
  labels: Record<string, string>;
  /** Size in Kubernetes' notation. */
  size: string;
  /** Where it stands: the claim is in the namespace of data. */
  platform: Platform;
}

/** Claims a volume that holds data. It is explicit, since a StatefulSet's templates can be neither protected nor changed. */
export function dataVolume(
  name: string,
  args: DataVolumeArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.PersistentVolumeClaim {
  const { claim, labels, size, platform } = args;
  const namespace = platform.namespaces.data;
  return new k8s.core.v1.PersistentVolumeClaim(
    name,
    {
      metadata: {
        name: claim,
        namespace,
        labels,
        // Volumes that bind with their first pod would otherwise hold up everything that waits for the claim.
        annotations: { "pulumi.com/skipAwait": "true" },
      },
      spec: {
        accessModes: ["ReadWriteOnce"],
        storageClassName: platform.storageClass,
        resources: { requests: { storage: size } },
      },
    },
    { ...opts, ...volumeOptions(platform.protectData) },
  );
}
