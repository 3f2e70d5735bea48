import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ROLES } from "../../stacks/names.ts";
import type { ClusterPlan, NamespacePlan, SitePlan } from "../../stacks/plan.ts";
import { existingProvider } from "./existing.ts";
import { platformNamespace } from "./namespace.ts";
import { ownerRecord } from "./owner.ts";
import { storageNamespace } from "./storageNamespace.ts";

/** Arguments of Cluster. */
export interface ClusterArgs {
  /** Name of the stack; with the site's it names cluster-scoped objects. */
  stack: string;
  /** Name of the site. */
  site: string;
  /** How to reach the cluster. */
  plan: ClusterPlan;
  /** Text of the kubeconfig where config holds it; a secret. */
  kubeconfig?: pulumi.Output<string>;
  /** The site's namespaces. */
  namespaces: SitePlan["namespaces"];
  /** The namespace of what works with the nodes' devices; undefined: nothing does. */
  storageNamespace?: NamespacePlan;
  /** Names of the PriorityClasses. */
  priorityClasses: SitePlan["priorityClasses"];
  /** Image registries' credentials by name of the Secret: each a .dockerconfigjson, secret. */
  pullSecrets: Record<string, pulumi.Output<string>>;
  /** Whether namespaces, which hold data, are protected against deletion. */
  protectData: boolean;
}

/** Importance of what runs: data is evicted last. Kubernetes keeps values above one thousand million for itself. */
const PRIORITIES = { data: 1_000_000, edge: 900_000, apps: 100_000 } as const;

/**
 * An existing Kubernetes cluster, prepared for one site: its one provider, namespaces with Pod Security, quotas and
 * default-deny NetworkPolicies, and PriorityClasses.
 */
export class Cluster extends pulumi.ComponentResource {
  /** The provider of everything on the site. */
  readonly provider: k8s.Provider;
  /** What must exist before anything else does. */
  readonly ready: pulumi.Resource[];

  constructor(name: string, args: ClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("archipel:cluster:Cluster", name, {}, opts);
    this.provider = existingProvider(
      `${name}-provider`,
      { plan: args.plan, clusterIdentifier: `archipel/${args.stack}/${args.site}`, kubeconfig: args.kubeconfig },
      { parent: this },
    );
    const child = { parent: this, provider: this.provider };
    const { pullSecrets, protectData } = args;
    const namespaces = ROLES.flatMap((role) =>
      platformNamespace(`${name}-${role}`, { plan: args.namespaces[role], pullSecrets, protectData }, child),
    );
    if (args.storageNamespace) {
      const plan = args.storageNamespace;
      namespaces.push(...storageNamespace(`${name}-storage`, { plan, pullSecrets, protectData }, child));
    }
    ownerRecord(`${name}-owner`, args.namespaces.system.name, { ...child, dependsOn: namespaces });
    this.ready = [...namespaces, ...makePriorityClasses(name, args.priorityClasses, child)];
    this.registerOutputs({});
  }
}

function makePriorityClasses(
  name: string,
  names: ClusterArgs["priorityClasses"],
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  return Object.entries(names).map(
    ([use, metadataName]) =>
      new k8s.scheduling.v1.PriorityClass(
        `${name}-priority-${use}`,
        {
          metadata: { name: metadataName, labels: { "app.kubernetes.io/part-of": "archipel" } },
          value: PRIORITIES[use as keyof typeof PRIORITIES],
          description: `Pods of the platform: ${use}`,
        },
        opts,
      ),
  );
}
