import type { types } from "@pulumi/kubernetes";
import { CEPH_COPIES, type CephPlan } from "../../stacks/cephPlan.ts";
import type { Resources } from "../../stacks/schema/common.ts";

/** Monitors: the fewest that agree when one is lost. */
export const MONITORS = 3;

/** Rook tells its pods apart by this label. */
export const appLabel = (daemon: "mon" | "mgr" | "osd" | "mds" | "rgw" | "tools"): Record<string, string> => ({
  app: `rook-ceph-${daemon}`,
});

/** Keeps the pods of a daemon evenly over zones, where there are zones. */
const spreadOverZones = (daemon: "mon" | "mgr" | "mds" | "rgw") => ({
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: "topology.kubernetes.io/zone",
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: appLabel(daemon) },
    },
  ],
});

/** Keeps the pods of a daemon on different nodes, and evenly over zones. */
export const apart = (daemon: "mds" | "rgw") => ({
  podAntiAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { labelSelector: { matchLabels: appLabel(daemon) }, topologyKey: "kubernetes.io/hostname" },
    ],
  },
  ...spreadOverZones(daemon),
});

/** Requests and limits of a daemon. It writes to the node's disk by Rook's paths, which no limit of the pod counts. */
export const daemonResources = ({ cpu, memory, memoryLimit }: Resources): types.input.core.v1.ResourceRequirements => ({
  requests: { cpu, memory },
  limits: { memory: memoryLimit },
});

/**
 * The spec of a CephCluster, with the settings of a careful operator: an upgrade stops where data is not whole, nothing of
 * Ceph is ever wiped or removed by itself, and all of its traffic is encrypted.
 */
export function cephClusterSpec(plan: CephPlan): object {
  const { mon, mgr, osd } = plan.resources;
  return {
    cephVersion: { image: plan.image, allowUnsupported: false },
    dataDirHostPath: "/var/lib/rook",
    skipUpgradeChecks: false,
    continueUpgradeAfterChecksEvenIfNotHealthy: false,
    upgradeOSDRequiresHealthyPGs: true,
    mon: {
      count: MONITORS,
      allowMultiplePerNode: false,
      ...(plan.monitorZones.length > 0 && {
        failureDomainLabel: "topology.kubernetes.io/zone",
        zones: plan.monitorZones.map((zone) => ({ name: zone })),
      }),
    },
    mgr: { count: 2, allowMultiplePerNode: false },
    placement: {
      mgr: spreadOverZones("mgr"),
      ...(plan.monitorZones.length === 0 && { mon: spreadOverZones("mon") }),
    },
    dashboard: { enabled: plan.dashboard, ssl: true },
    // The metrics are there; monitors of Rook's own would only have the site's Prometheus read them a second time.
    monitoring: { enabled: false, metricsDisabled: false },
    network: { connections: { encryption: { enabled: true }, compression: { enabled: false }, requireMsgr2: true } },
    // Kernels before 7.0 know no other keys; releases that know no other keys pass over it.
    security: { cephx: { csi: { keyType: "aes" } } },
    crashCollector: { disable: false, daysToRetain: 30 },
    logCollector: { enabled: true, periodicity: "daily", maxLogSize: "500M" },
    cleanupPolicy: { confirmation: "", allowUninstallWithVolumes: false },
    removeOSDsIfOutAndSafeToRemove: false,
    // Volumes of everything else depend on them.
    priorityClassNames: {
      mon: "system-node-critical",
      osd: "system-node-critical",
      mgr: "system-cluster-critical",
    },
    resources: {
      mon: daemonResources(mon),
      mgr: daemonResources(mgr),
      osd: daemonResources(osd),
    },
    storage: storageSpec(plan),
    disruptionManagement: { managePodBudgets: true, osdMaintenanceTimeout: 30 },
  };
}

/** Which devices Ceph may write to: only those that config selects. */
function storageSpec({ devices }: CephPlan): object {
  const { deviceFilter, devicePathFilter, useAllDevices = false, deviceClass, nodes } = devices;
  return {
    useAllNodes: !nodes,
    ...(nodes && { nodes: nodes.map((name) => ({ name })) }),
    useAllDevices,
    ...(deviceFilter !== undefined && { deviceFilter }),
    ...(devicePathFilter !== undefined && { devicePathFilter }),
    ...(deviceClass && { config: { deviceClass } }),
    allowDeviceClassUpdate: false,
    allowOsdCrushWeightUpdate: false,
  };
}

/** A pool of Ceph's: three copies in different failure domains, and no write that fewer than two have. */
export function poolSpec({ failureDomain, devices }: CephPlan, parameters: Record<string, string> = {}): object {
  return {
    failureDomain,
    ...(devices.deviceClass && { deviceClass: devices.deviceClass }),
    replicated: { size: CEPH_COPIES, requireSafeReplicaSize: true },
    parameters: { min_size: "2", ...parameters },
  };
}
