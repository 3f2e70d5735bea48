import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { CephPlan } from "../../stacks/cephPlan.ts";
import { dataOptions } from "../data.ts";
import { labels } from "../labels.ts";
import type { Platform } from "../platform.ts";
import { apart, daemonResources, poolSpec } from "./cephCluster.ts";
import { cephObject } from "./cephObject.ts";
import { driverNames } from "./cephOperator.ts";

/** Arguments of cephVolumes. */
export interface CephVolumesArgs {
  /** Ceph, as planned. */
  plan: CephPlan;
  /** Where it stands. */
  platform: Platform;
}

/** Name of the filesystem's first pool of data; Rook puts the filesystem's name before it. */
const SHARED_POOL = "replicated";

/** Where volumes come from: a pool of block devices and a filesystem, each with a StorageClass. */
export function cephVolumes(
  name: string,
  { plan, platform }: CephVolumesArgs,
  opts: pulumi.CustomResourceOptions,
): void {
  const { namespace, names } = plan;
  const kept = { ...opts, ...dataOptions(platform.protectData) };
  const pool = cephObject(
    `${name}-block`,
    { kind: "CephBlockPool", name: names.block, namespace, spec: poolSpec(plan) },
    kept,
  );
  const filesystem = cephObject(
    `${name}-shared`,
    { kind: "CephFilesystem", name: names.shared, namespace, spec: filesystemSpec(plan, platform) },
    kept,
  );
  const drivers = driverNames(namespace);
  storageClass(
    `${name}-block-class`,
    {
      plan,
      metadataName: plan.storageClasses.block,
      provisioner: drivers.block,
      driver: "rbd",
      parameters: {
        pool: names.block,
        imageFormat: "2",
        imageFeatures: "layering",
        "csi.storage.k8s.io/fstype": "ext4",
      },
    },
    { ...opts, dependsOn: [pool] },
  );
  storageClass(
    `${name}-shared-class`,
    {
      plan,
      metadataName: plan.storageClasses.shared,
      provisioner: drivers.shared,
      driver: "cephfs",
      parameters: { fsName: names.shared, pool: `${names.shared}-${SHARED_POOL}` },
    },
    { ...opts, dependsOn: [filesystem] },
  );
}

function filesystemSpec(plan: CephPlan, platform: Platform): object {
  return {
    metadataPool: poolSpec(plan),
    dataPools: [{ name: SHARED_POOL, ...poolSpec(plan) }],
    preserveFilesystemOnDelete: platform.protectData,
    metadataServer: {
      activeCount: 1,
      activeStandby: true,
      placement: apart("mds"),
      priorityClassName: "system-cluster-critical",
      resources: daemonResources(plan.resources.mds),
    },
  };
}

interface StorageClassArgs {
  plan: CephPlan;
  metadataName: string;
  provisioner: string;
  /** The word by which Rook names the Secrets of this driver. */
  driver: "rbd" | "cephfs";
  parameters: Record<string, string>;
}

/** What is done to a volume, and which of the driver's two Secrets it takes. */
const SECRETS = {
  provisioner: "provisioner",
  "controller-expand": "provisioner",
  "controller-publish": "provisioner",
  "node-stage": "node",
} as const;

function storageClass(
  name: string,
  { plan, metadataName, provisioner, driver, parameters }: StorageClassArgs,
  opts: pulumi.CustomResourceOptions,
): void {
  const { namespace } = plan;
  const secrets = Object.entries(SECRETS).flatMap(([act, secret]) => [
    [`csi.storage.k8s.io/${act}-secret-name`, `rook-csi-${driver}-${secret}`],
    [`csi.storage.k8s.io/${act}-secret-namespace`, namespace],
  ]);
  new k8s.storage.v1.StorageClass(
    name,
    {
      metadata: { name: metadataName, labels: labels("volumes", "ceph") },
      provisioner,
      parameters: { clusterID: namespace, ...parameters, ...(Object.fromEntries(secrets) as Record<string, string>) },
      reclaimPolicy: plan.reclaim,
      volumeBindingMode: "Immediate",
      allowVolumeExpansion: true,
    },
    opts,
  );
}
