import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expandHome } from "../../components/cluster/expandHome.ts";
import type { Plan, SitePlan } from "../../stacks/plan.ts";
import { kubectl, type Kubectl } from "../kubectl.ts";
import { UserError } from "../userError.ts";
import { edgeOf, sandboxKubectl } from "./sandboxSite.ts";

/** Where clients outside the cluster reach a port of the edge. */
export interface EdgeAddress {
  /** Address or host name. */
  host: string;
  /** Port. */
  port: number;
}

/** A site as this command reaches it. */
export interface SiteAccess {
  /** kubectl for its cluster. */
  kubectl: Kubectl;
  /** Where a port of its edge answers; undefined where it has no edge. */
  edge: (port: number) => Promise<EdgeAddress | undefined>;
}

/**
 * Gives access to a site while `work` runs.
 *
 * @throws UserError when the credentials of a real site cannot be had.
 */
export async function withSite<T>(plan: Plan, site: SitePlan, work: (access: SiteAccess) => Promise<T>): Promise<T> {
  if (site.sandbox) {
    const index = plan.sites.indexOf(site);
    return work({ kubectl: sandboxKubectl(site), edge: (port) => Promise.resolve(edgeOf(site, index, port)) });
  }
  const { kubeconfig, context } = site.cluster;
  if (!kubeconfig || "path" in kubeconfig) {
    return work(realAccess(site, kubectl("kubectl", kubeconfig && expandHome(kubeconfig.path), context)));
  }
  const { readSecret } = await import("../engine/secret.ts");
  // Programs take a kubeconfig as a file only: one that nobody else reads, for as long as it is needed.
  const folder = await mkdtemp(join(tmpdir(), "archipel-"));
  try {
    const file = join(folder, "kubeconfig");
    await writeFile(file, await readSecret(plan.stack, kubeconfig.contentFrom), { mode: 0o600 });
    return await work(realAccess(site, kubectl("kubectl", file, context)));
  } finally {
    await rm(folder, { recursive: true });
  }
}

const realAccess = (site: SitePlan, client: Kubectl): SiteAccess => ({
  kubectl: client,
  edge: (port) => loadBalancerAddress(client, site, port),
});

/** The address that the load balancer of a real site gave to the edge. */
async function loadBalancerAddress(
  client: Kubectl,
  { namespaces, edge }: SitePlan,
  port: number,
): Promise<EdgeAddress | undefined> {
  if (!edge) return undefined;
  const [service] = await client.list(["service", edge.name, "--namespace", namespaces.edge.name]);
  const { loadBalancer } = (service?.["status"] ?? {}) as {
    loadBalancer?: { ingress?: { ip?: string; hostname?: string }[] };
  };
  const [first] = loadBalancer?.ingress ?? [];
  const host = first?.ip ?? first?.hostname;
  if (host) return { host, port };
  throw new UserError(
    `the load balancer of ${namespaces.edge.name} has no address yet\n  see why: kubectl --namespace ${namespaces.edge.name} describe service ${edge.name}`,
  );
}
