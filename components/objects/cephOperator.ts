import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { CephPlan } from "../../stacks/cephPlan.ts";
import { dataOptions } from "../data.ts";
import type { Platform } from "../platform.ts";

/** Seconds until an operator must be up: its images are large. */
const TIMEOUT_SECONDS = 900;

/** Names of the drivers of volumes: Rook derives them from its operator's namespace. */
export const driverNames = (namespace: string): { block: string; shared: string } => ({
  block: `${namespace}.rbd.csi.ceph.com`,
  shared: `${namespace}.cephfs.csi.ceph.com`,
});

/** Where a chart comes from: Helm takes a registry as a part of the chart's name, and other repositories beside it. */
const chartFrom = (repository: string, chart: string): { chart: string; repositoryOpts?: { repo: string } } =>
  repository.startsWith("oci://")
    ? { chart: `${repository.replace(/\/$/, "")}/${chart}` }
    : { chart, repositoryOpts: { repo: repository } };

/** Arguments of cephOperator. */
export interface CephOperatorArgs {
  /** Ceph, as planned. */
  plan: CephPlan;
  /** Where it stands. */
  platform: Platform;
}

/**
 * Rook's operator and the drivers of Ceph's volumes, by reference to their charts; nothing where the site has them.
 *
 * A release of Helm, not the charts' objects one by one: the definitions of Rook's objects then stay when the release
 * goes, by the charts' own word, and with them every Ceph of the cluster. It outlives whatever it looks after, since
 * without an operator nothing of Ceph ever goes away.
 *
 * @returns what Ceph's objects need before they can be made.
 */
export function cephOperator(
  name: string,
  { plan, platform }: CephOperatorArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const { operator, namespace } = plan;
  if (operator.kind === "existing") return [];
  const kept = { ...opts, ...dataOptions(platform.protectData) };
  const common = { namespace, createNamespace: false, timeout: TIMEOUT_SECONDS, maxHistory: 5 };
  const rook = new k8s.helm.v3.Release(
    name,
    {
      ...common,
      name: "rook-ceph",
      ...chartFrom(operator.repository, "rook-ceph"),
      version: operator.version,
      values: {
        ...operator.values,
        // Users of the store stand in the namespace of data.
        currentNamespaceOnly: false,
        imagePullSecrets: platform.pullSecrets.map((secret) => ({ name: secret })),
      },
    },
    kept,
  );
  const { block, shared } = driverNames(namespace);
  const drivers = new k8s.helm.v3.Release(
    `${name}-drivers`,
    {
      ...common,
      name: "ceph-csi-drivers",
      ...chartFrom(operator.drivers.repository, "ceph-csi-drivers"),
      version: operator.drivers.version,
      values: {
        ...operator.drivers.values,
        operatorConfig: {
          namespace,
          driverSpecDefaults: {
            // Rook's chart names the drivers' images there.
            imageSet: { name: "rook-csi-operator-image-set-configmap" },
            nodePlugin: { priorityClassName: "system-node-critical" },
            controllerPlugin: { priorityClassName: "system-cluster-critical" },
          },
        },
        drivers: {
          rbd: { enabled: true, name: block },
          cephfs: { enabled: true, name: shared },
          nfs: { enabled: false },
          nvmeof: { enabled: false },
        },
      },
    },
    { ...kept, dependsOn: [rook] },
  );
  return [rook, drivers];
}
