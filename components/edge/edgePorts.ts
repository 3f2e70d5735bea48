import type { EdgePlan } from "../../stacks/plan.ts";

/** Ports inside the pods: unprivileged, so that HAProxy needs no capability. */
export const HTTP_PORT = 8080;
/** See HTTP_PORT. */
export const HTTPS_PORT = 8443;
/** Health (/healthz) and Prometheus metrics (/metrics) of one pod. */
export const STATUS_PORT = 8404;

/** One TCP route with the port that HAProxy listens on. */
export type TcpRoute = EdgePlan["tcp"][number] & { containerPort: number };

/** Gives each TCP route a port inside the pod: the same number, or the next free one from 10000 on for privileged ports. */
export function tcpRoutes(tcp: EdgePlan["tcp"]): TcpRoute[] {
  const taken = new Set([HTTP_PORT, HTTPS_PORT, STATUS_PORT, ...tcp.map((route) => route.port)]);
  return tcp.map((route) => {
    if (route.port >= 1024) return { ...route, containerPort: route.port };
    let containerPort = 10000 + route.port;
    while (taken.has(containerPort)) containerPort += 1;
    taken.add(containerPort);
    return { ...route, containerPort };
  });
}
