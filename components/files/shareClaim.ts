import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { SharePlan } from "../../stacks/filesPlan.ts";
import { volumeOptions } from "../data.ts";
import { labels } from "../labels.ts";
import type { Platform } from "../platform.ts";

/** Arguments of shareClaim. */
export interface ShareClaimArgs {
  /** The share. */
  plan: SharePlan;
  /** Where it stands. */
  platform: Platform;
  /** StorageClass that makes the volume; "" where it is there already. */
  storageClass: string;
  /** Name of the volume where it is there already. */
  volumeName?: string;
}

/** Labels of a share's objects. */
export const shareLabels = (plan: SharePlan): Record<string, string> => labels("files", "share", plan.name);

/** Claims a share for the apps. */
export function shareClaim(
  name: string,
  { plan, platform, storageClass, volumeName }: ShareClaimArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.PersistentVolumeClaim {
  return new k8s.core.v1.PersistentVolumeClaim(
    name,
    {
      metadata: {
        name: plan.claim,
        namespace: platform.namespaces.apps,
        labels: shareLabels(plan),
        // A StorageClass may bind its volumes with their first pod, which waits for the claim.
        annotations: { "pulumi.com/skipAwait": "true" },
      },
      spec: {
        accessModes: [plan.accessMode],
        storageClassName: storageClass,
        volumeName,
        resources: { requests: { storage: plan.size } },
      },
    },
    { ...opts, ...volumeOptions(platform.protectData) },
  );
}
