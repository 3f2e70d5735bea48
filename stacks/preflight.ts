import * as pulumi from "@pulumi/pulumi";
import { preflight } from "../components/cluster/preflight.ts";
import { describeMistakeList, excerpt, type Mistake } from "./mistakes.ts";
import type { Plan, SitePlan } from "./plan.ts";
import type { Stack } from "./stack.ts";

/** How the owner record names the engine. */
const OWNER = "pulumi";

/**
 * Compares each site's cluster with what config says of it, before any resource is registered. Only under the engine:
 * an offline evaluation has no cluster.
 *
 * @throws pulumi.RunError with every difference.
 */
export async function checkClusters(stack: Stack, plan: Plan): Promise<void> {
  if (pulumi.runtime.getEngine() === undefined) return;
  const { readFacts } = await import("../components/cluster/facts.ts");
  const mistakes = await Promise.all(
    plan.sites.map(async (site, index): Promise<Mistake[]> => {
      const path = `archipel:sites[${index}]`;
      try {
        const kubeconfig = await kubeconfigText(stack, site);
        const { system, data, apps } = site.namespaces;
        const args = {
          plan: site.cluster,
          kubeconfig,
          systemNamespace: system.name,
          dataNamespace: data.name,
          appsNamespace: apps.name,
        };
        return preflight(site, await readFacts(args), path, OWNER);
      } catch (error) {
        return [unreachable(path, site, error as Error)];
      }
    }),
  );
  if (mistakes.flat().length > 0) throw new pulumi.RunError(describeClusterMistakes(stack.name, mistakes.flat()));
}

/** The text that both ways of applying show. */
export const describeClusterMistakes = (stack: string, mistakes: Mistake[]): string =>
  `The clusters are not what Pulumi.${stack}.yaml says; nothing was changed.\n${describeMistakeList(mistakes)}`;

function unreachable(path: string, { cluster }: SitePlan, error: Error): Mistake {
  return {
    path: `${path}.cluster`,
    found: excerpt({ kubeconfig: cluster.kubeconfig, context: cluster.context }),
    allowed: `a cluster that answers: ${error.message.split("\n")[0]}`,
    hint: "try kubectl get nodes with the same kubeconfig and context",
  };
}

function kubeconfigText(stack: Stack, { cluster }: SitePlan): Promise<string | undefined> {
  const source = cluster.kubeconfig;
  if (!source || !("contentFrom" in source)) return Promise.resolve(undefined);
  return new Promise((resolve) => stack.secret(source.contentFrom).apply(resolve));
}
