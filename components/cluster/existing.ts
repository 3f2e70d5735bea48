import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ClusterPlan } from "../../stacks/plan.ts";
import { expandHome } from "./expandHome.ts";

/** Arguments of existingProvider. */
export interface ExistingProviderArgs {
  /** How to reach the cluster. */
  plan: ClusterPlan;
  /** Identity of the cluster: a changed kubeconfig of the same cluster replaces nothing. */
  clusterIdentifier: string;
  /** The kubeconfig's text where it comes from config; a secret. */
  kubeconfig?: pulumi.Output<string>;
}

/** The one provider of an existing cluster. */
export function existingProvider(name: string, args: ExistingProviderArgs, opts: pulumi.ResourceOptions): k8s.Provider {
  return new k8s.Provider(
    name,
    {
      kubeconfig: args.kubeconfig ?? kubeconfigPath(args.plan),
      context: args.plan.context,
      clusterIdentifier: args.clusterIdentifier,
      enableServerSideApply: true,
      // Objects are applied from their first version on: created otherwise, their fields have another owner, which makes
      // the preview of their first change wrong. What is somebody else's is found before, and at the latest conflicts.
      upsertExistingObjects: true,
    },
    opts,
  );
}

/** The provider takes a path or a text; a path keeps credentials out of the state. */
function kubeconfigPath(plan: ClusterPlan): string | undefined {
  if (!plan.kubeconfig || !("path" in plan.kubeconfig)) return undefined;
  return expandHome(plan.kubeconfig.path);
}
