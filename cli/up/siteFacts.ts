import { readFacts } from "../../components/cluster/facts.ts";
import { preflight, type ClusterFacts } from "../../components/cluster/preflight.ts";
import * as sandbox from "../../sandbox/sandbox.ts";
import type { SitePlan } from "../../stacks/plan.ts";
import { describeClusterMistakes } from "../../stacks/preflight.ts";
import { OWNER } from "../apply/owner.ts";
import { UserError } from "../userError.ts";

/** What a sandbox site's cluster has. */
export function siteFacts(site: SitePlan): Promise<ClusterFacts> {
  const plan = { kubeconfig: { path: sandbox.kubeconfig(site.name) }, context: site.cluster.context };
  const { system, data, apps } = site.namespaces;
  return readFacts({ plan, systemNamespace: system.name, dataNamespace: data.name, appsNamespace: apps.name });
}

/**
 * What the program checks by itself under the engine.
 *
 * @throws UserError with every difference between the site's cluster and what config says of it.
 */
export async function refuseDifferences(stack: string, site: SitePlan, index: number): Promise<void> {
  const mistakes = preflight(site, await siteFacts(site), `archipel:sites[${index}]`, OWNER);
  if (mistakes.length > 0) throw new UserError(describeClusterMistakes(stack, mistakes));
}
