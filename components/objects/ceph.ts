import * as pulumi from "@pulumi/pulumi";
import type { CephPlan } from "../../stacks/cephPlan.ts";
import { dataOptions } from "../data.ts";
import { labels } from "../labels.ts";
import { podsService } from "../monitoring/podsService.ts";
import type { Flow } from "../networkPolicy.ts";
import { appLabel, cephClusterSpec } from "./cephCluster.ts";
import { cephConverge } from "./cephConverge.ts";
import { cephGateway, gatewaySelector } from "./cephGateway.ts";
import { METRICS_SERVICE } from "./cephMonitored.ts";
import { cephObject } from "./cephObject.ts";
import { keysOf, secretsOf } from "./accessKeys.ts";
import { cephOperator } from "./cephOperator.ts";
import { cephNetworkPolicies, METRICS_PORT } from "./cephPolicies.ts";
import { cephToolbox } from "./cephToolbox.ts";
import { cephUsers } from "./cephUsers.ts";
import { cephVolumes } from "./cephVolumes.ts";
import type { AccessKey, ObjectStore, ObjectStoreArgs } from "./objectStore.ts";

/**
 * Ceph under Rook: the operator, one Ceph on the nodes' own devices, an object store with its users, and StorageClasses
 * for volumes.
 *
 * Each depends on what Rook needs for it: the operator, then Ceph, then pools, filesystem and gateways, then users. They are
 * made in that order and go in the reverse one, so that Rook is there to let go of each.
 */
export class CephObjectStore extends pulumi.ComponentResource implements ObjectStore {
  readonly host: string;
  readonly port: number;
  readonly region: string;
  readonly clientFlow: Flow;
  readonly keys: Record<string, AccessKey>;

  constructor(name: string, args: ObjectStoreArgs<CephPlan>, opts?: pulumi.ComponentResourceOptions) {
    super("archipel:objects:CephObjectStore", name, {}, opts);
    const child = { parent: this };
    const { plan, platform } = args;
    const { namespace, names } = plan;
    this.host = plan.host;
    this.port = plan.port;
    this.region = plan.region;
    this.clientFlow = { namespace, podLabels: gatewaySelector(plan), ports: [plan.port] };

    cephNetworkPolicies(`${name}-policy`, args, child);
    podsService(`${name}-metrics`, { ...metricsService, namespace, platform }, child);
    const operator = cephOperator(`${name}-operator`, { plan, platform }, child);
    const cluster = cephObject(
      `${name}-cluster`,
      { kind: "CephCluster", name: names.cluster, namespace, spec: cephClusterSpec(plan) },
      { ...child, ...dataOptions(platform.protectData), dependsOn: operator },
    );
    const onCluster = { ...child, dependsOn: [cluster] };
    cephVolumes(`${name}-volumes`, { plan, platform }, onCluster);
    const gateway = cephGateway(`${name}-gateway`, { plan, platform }, onCluster);
    const { users, keys } = cephUsers(name, { plan, platform }, { ...child, dependsOn: [gateway] });
    this.keys = keysOf(keys);
    cephConverge(`${name}-converge`, { plan, platform }, { ...child, dependsOn: [...users, ...secretsOf(keys)] });
    if (plan.toolbox) cephToolbox(`${name}-toolbox`, { plan, platform }, onCluster);
    this.registerOutputs({});
  }
}

const metricsService = {
  service: METRICS_SERVICE,
  labels: labels("metrics", "ceph"),
  selector: appLabel("mgr"),
  ports: { "http-metrics": METRICS_PORT },
};
