import { PROJECT } from "../../stacks/config.ts";
import type { Mistake } from "../../stacks/mistakes.ts";
import { nearest } from "../../stacks/nearest.ts";
import type { SitePlan } from "../../stacks/plan.ts";
import type { ClusterFacts } from "./preflight.ts";

const PATH = `${PROJECT}:objects`;

/** A Ceph finds the operator that config says is there, and the nodes whose devices it gets. */
export function checkCephFacts({ objects }: SitePlan, { nodes, namespaces, rook }: ClusterFacts): Mistake[] {
  if (objects?.kind !== "ceph") return [];
  const { operator, devices } = objects;
  const known = nodes.map((node) => node.name);
  const missing = (devices.nodes ?? []).flatMap((name, index) => (known.includes(name) ? [] : [{ name, index }]));
  const there = rook && namespaces.some(({ name }) => name === objects.namespace);
  return [
    ...missing.map(({ name, index }) => ({
      path: `${PATH}.devices.nodes[${index}]`,
      found: JSON.stringify(name),
      allowed: `nodes that are ready and take pods: ${known.join(", ")}`,
      hint: nearest(name, known),
    })),
    ...(operator.kind === "existing" && !there
      ? [
          {
            path: `${PATH}.operator`,
            found: JSON.stringify(operator),
            allowed: rook
              ? `the namespace of Rook's operator: there is no ${operator.namespace}`
              : "chart: the cluster does not know Rook's objects",
            hint: rook ? undefined : "install Rook and the drivers of its volumes, or set kind: chart",
          },
        ]
      : []),
  ];
}
