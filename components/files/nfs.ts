import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { NfsSharePlan } from "../../stacks/filesPlan.ts";
import { volumeOptions } from "../data.ts";
import type { FileShare, FileShareArgs } from "./fileShare.ts";
import { shareClaim, shareLabels } from "./shareClaim.ts";

/**
 * A folder that a filer exports already: a PersistentVolume that names it, and the claim for which alone it is. Nodes mount
 * it themselves; no driver is needed.
 */
export class NfsShare extends pulumi.ComponentResource implements FileShare {
  readonly claim: pulumi.Resource;

  constructor(name: string, args: FileShareArgs<NfsSharePlan>, opts?: pulumi.ComponentResourceOptions) {
    super("archipel:files:NfsShare", name, {}, opts);
    const { plan, platform } = args;
    const volume = nfsVolume(`${name}-volume`, args, { parent: this });
    // The empty class keeps the cluster's default one from making another volume for the claim.
    const claim = { plan, platform, storageClass: "", volumeName: plan.volume };
    this.claim = shareClaim(`${name}-claim`, claim, { parent: this, dependsOn: [volume] });
    this.registerOutputs({});
  }
}

function nfsVolume(
  name: string,
  { plan, platform }: FileShareArgs<NfsSharePlan>,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.PersistentVolume {
  return new k8s.core.v1.PersistentVolume(
    name,
    {
      metadata: { name: plan.volume, labels: shareLabels(plan) },
      spec: {
        capacity: { storage: plan.size },
        accessModes: [plan.accessMode],
        storageClassName: "",
        persistentVolumeReclaimPolicy: "Retain",
        mountOptions: plan.options,
        nfs: { server: plan.server, path: plan.export, readOnly: plan.accessMode === "ReadOnlyMany" },
        // No other claim of the cluster gets it, whoever asks first.
        claimRef: {
          apiVersion: "v1",
          kind: "PersistentVolumeClaim",
          namespace: platform.namespaces.apps,
          name: plan.claim,
        },
      },
    },
    { ...opts, ...volumeOptions(platform.protectData) },
  );
}
