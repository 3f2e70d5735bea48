import { PROJECT, type Config } from "../config.ts";
import { excerpt, type Mistake } from "../mistakes.ts";
import { repeated, type CheckContext } from "./common.ts";

/** Ports that the edge uses itself: HTTP, HTTPS and its own health and metrics. */
const EDGE_PORTS = [80, 443, 8080, 8443, 8404];

/** Routes have ports of their own and lead to what exists. */
export function checkEdge(
  { edge, database, objects, apps, sites }: Partial<Config>,
  { wrong }: CheckContext,
): Mistake[] {
  if (!edge || !sites) return [];
  return [
    ...(edge.objects ? checkStoreHost(edge.objects.host, { objects, apps }, wrong) : []),
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

/** The object store has a host name of its own, and is one that the platform runs. */
function checkStoreHost(host: string, { objects, apps }: Partial<Config>, wrong: string[]): Mistake[] {
  const path = `${PROJECT}:edge.objects`;
  const taken = apps?.find(({ routes }) => routes.some((route) => route.host === host));
  return [
    ...(objects?.kind === "minio" || objects?.kind === "ceph" || wrong.includes("objects")
      ? []
      : [
          {
            path,
            found: objects ? `an object store of kind ${objects.kind}` : "no archipel:objects",
            allowed: "an object store that the platform runs: kind minio or ceph",
            hint: "clients reach one that somebody else runs at its own endpoint: remove the key",
          },
        ]),
    ...(taken
      ? [
          {
            path: `${path}.host`,
            found: excerpt(host),
            allowed: `a host name of its own: app ${taken.name} has a route with this one, and names of buckets are its paths`,
          },
        ]
      : []),
  ];
}
