import type { Mistake } from "../../stacks/mistakes.ts";
import type { ClusterFacts } from "./preflight.ts";

/** The oldest minor version of Kubernetes that knows all that is asked for: Services that prefer a client's own node. */
const OLDEST_MINOR = 34;

/** An older API server refuses some objects, when others are there already. */
export function checkKubernetesVersion({ kubernetes }: Pick<ClusterFacts, "kubernetes">, path: string): Mistake[] {
  const { major, minor } = kubernetes;
  if (major > 1 || minor >= OLDEST_MINOR) return [];
  return [
    {
      path: `${path}.cluster`,
      found: `Kubernetes ${major}.${minor}`,
      allowed: `Kubernetes 1.${OLDEST_MINOR} or later`,
      hint: "upgrade the cluster first",
    },
  ];
}
