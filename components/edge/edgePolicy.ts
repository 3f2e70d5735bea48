import type * as pulumi from "@pulumi/pulumi";
import { readersOf } from "../monitoring/monitored.ts";
import { allowFlows } from "../networkPolicy.ts";
import type { EdgeArgs } from "./edge.ts";
import { edgeSelector } from "./edgePod.ts";
import { HTTP_PORT, HTTPS_PORT, STATUS_PORT, tcpRoutes } from "./edgePorts.ts";

/** Pods by what they are, whatever their names. */
const component = (name: string): Record<string, string> => ({ "app.kubernetes.io/component": name });

/**
 * Anybody may connect to what the edge serves; the edge connects to apps, and to PostgreSQL and the object store where it
 * has routes to them.
 */
export function edgeNetworkPolicy(
  name: string,
  { plan, platform, backends, database, store }: EdgeArgs,
  opts: pulumi.CustomResourceOptions,
): void {
  const { apps, data, edge } = platform.namespaces;
  const tcp = tcpRoutes(plan.tcp);
  const appPorts = new Set(Object.values(backends).map(({ port }) => port));
  const databasePorts = database ? new Set([database.port, database.patroniPort, database.poolerPort]) : [];
  allowFlows(
    name,
    {
      policy: plan.name,
      namespace: edge,
      podLabels: edgeSelector,
      ingress: readersOf(platform, [STATUS_PORT]),
      publicPorts: [HTTP_PORT, HTTPS_PORT, ...tcp.map((route) => route.containerPort)],
      egress: [
        ...(appPorts.size > 0 ? [{ namespace: apps, podLabels: component("app"), ports: [...appPorts] }] : []),
        ...(store ? [store.flow] : []),
        ...(tcp.length > 0 ? [{ namespace: data, podLabels: component("database"), ports: [...databasePorts] }] : []),
      ],
    },
    opts,
  );
}
