import * as pulumi from "@pulumi/pulumi";
import type { MinioPlan } from "../../stacks/objectsPlan.ts";
import type { Flow } from "../networkPolicy.ts";
import { keysOf, makeAccessKey, secretsOf } from "./accessKeys.ts";
import { minioConverge } from "./minioConverge.ts";
import { minioHeal } from "./minioHeal.ts";
import { minioNetworkPolicies } from "./minioPolicies.ts";
import { serverSelector } from "./minioPod.ts";
import { minioRoot } from "./minioRoot.ts";
import { minioServer } from "./minioServer.ts";
import { minioDisruptionBudget, minioService } from "./minioService.ts";
import type { AccessKey, ObjectStore, ObjectStoreArgs } from "./objectStore.ts";

/**
 * MinIO: erasure-coded over its servers' drives, so that one server of several can be lost, with the buckets, users and
 * policies of the config.
 */
export class MinioObjectStore extends pulumi.ComponentResource implements ObjectStore {
  readonly host: string;
  readonly port: number;
  readonly region: string;
  readonly clientFlow: Flow;
  readonly keys: Record<string, AccessKey>;

  constructor(name: string, args: ObjectStoreArgs<MinioPlan>, opts?: pulumi.ComponentResourceOptions) {
    super("archipel:objects:MinioObjectStore", name, {}, opts);
    const child = { parent: this };
    const { plan, platform } = args;
    this.host = plan.host;
    this.port = plan.port;
    this.region = plan.region;
    this.clientFlow = { namespace: platform.namespaces.data, podLabels: serverSelector, ports: [plan.port] };

    const root = minioRoot(`${name}-root`, platform, child);
    plan.servers.forEach((server, index) => minioServer(`${name}-${index}`, { plan, platform, server, index }, child));
    minioService(`${name}-service`, { plan, platform }, child);
    if (plan.servers.length > 1) minioDisruptionBudget(`${name}-budget`, { plan, platform }, child);
    minioNetworkPolicies(name, args, child);
    const { data: namespace } = platform.namespaces;
    const kept = Object.fromEntries(
      plan.users.map((user) => [
        user.name,
        makeAccessKey(name, { plan, namespace, user, accessKeyId: user.name }, child),
      ]),
    );
    this.keys = keysOf(kept);
    minioConverge(`${name}-converge`, { plan, platform }, { ...child, dependsOn: [root, ...secretsOf(kept)] });
    if (plan.parity > 0) minioHeal(`${name}-heal`, { plan, platform }, child);
    this.registerOutputs({});
  }
}
