import type { Plan, SitePlan } from "../../stacks/plan.ts";
import type { MinioPlan } from "../../stacks/objectsPlan.ts";
import type { Kubectl } from "../kubectl.ts";

/** One site's MinIO, and how to reach into it. */
export interface StoreTarget {
  /** The stack's plan. */
  plan: Plan;
  /** The site. */
  site: SitePlan;
  /** The store. */
  objects: MinioPlan;
  /** Namespace of its pods. */
  namespace: string;
  /** kubectl for the site's cluster. */
  kubectl: Kubectl;
}

/** A site's MinIO; undefined where the site has none. */
export function storeTarget(plan: Plan, site: SitePlan, kubectl: Kubectl): StoreTarget | undefined {
  const { objects } = site;
  if (objects?.kind !== "minio") return undefined;
  return { plan, site, objects, namespace: site.namespaces.data.name, kubectl };
}

/** Runs a command where a server's MinIO runs, and gives what it printed. */
export const onServer = ({ kubectl, namespace }: StoreTarget, server: string, ...command: string[]): Promise<string> =>
  kubectl.run(["exec", `${server}-0`, "--namespace", namespace, "--container", "minio", "--", ...command]);
