import { PROJECT, type Config } from "../config.ts";
import { excerpt, type Mistake } from "../mistakes.ts";
import { repeated, type CheckContext } from "./common.ts";

/** Ports that the edge uses itself: HTTP, HTTPS and its own health and metrics. */
const EDGE_PORTS = [80, 443, 8080, 8443, 8404];

/** Routes have ports of their own and lead to what exists. */
export function checkEdge({ edge, database, sites }: Partial<Config>, { wrong }: CheckContext): Mistake[] {
  if (!edge || !sites) return [];
  return [
    ...repeated(
      edge.tcp.map((route) => String(route.port)),
      (index) => `edge.tcp[${index}].port`,
    ),
    ...repeated(
      edge.tcp.map((route) => route.name),
      (index) => `edge.tcp[${index}].name`,
    ),
    ...edge.tcp.flatMap((route, index): Mistake[] => [
      ...(EDGE_PORTS.includes(route.port)
        ? [
            {
              path: `${PROJECT}:edge.tcp[${index}].port`,
              found: String(route.port),
              allowed: `a port other than ${EDGE_PORTS.join(", ")}, which the edge uses itself`,
            },
          ]
        : []),
      ...(database?.kind === "patroni" || wrong.includes("database")
        ? []
        : [
            {
              path: `${PROJECT}:edge.tcp[${index}].to`,
              found: excerpt(route.to),
              allowed: "a service of this stack; it has no archipel:database of kind patroni",
              hint: "declare archipel:database, or remove the route",
            },
          ]),
    ]),
  ];
}
