import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { CsiNfsSharePlan, ManilaSharePlan } from "../../stacks/filesPlan.ts";
import { shareLabels } from "./shareClaim.ts";

/** What a StorageClass hands to its driver; it cannot be changed. */
export interface ClassContent {
  /** Name of the CSI driver. */
  provisioner: string;
  /** Parameters in the driver's own words. */
  parameters: Record<string, string>;
  /** Mount options of every volume. */
  mountOptions: string[];
}

/** Makes the StorageClass of one share. Its volumes outlive their claims: a claim taken away by mistake loses no files. */
export function shareClass(
  name: string,
  { plan, content }: { plan: CsiNfsSharePlan | ManilaSharePlan; content: ClassContent },
  opts: pulumi.CustomResourceOptions,
): k8s.storage.v1.StorageClass {
  return new k8s.storage.v1.StorageClass(
    name,
    {
      metadata: { name: plan.storageClass, labels: shareLabels(plan) },
      ...content,
      reclaimPolicy: "Retain",
      volumeBindingMode: "Immediate",
      allowVolumeExpansion: true,
    },
    opts,
  );
}
