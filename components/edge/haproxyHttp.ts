import { STORE_BACKEND } from "../../stacks/names.ts";
import type { EdgePlan, HttpRoute } from "../../stacks/plan.ts";
import type { AppBackend } from "./backends.ts";

/** `/api/` and `/api` are the same prefix; it ends at a segment of the path, so that /api does not answer for /apiary. */
const prefixOf = (route: HttpRoute): string => route.path.replace(/\/+$/, "");

/** Value of a route in the map: its app, and the prefix to remove where one is removed. */
const routeValue = (route: HttpRoute): string =>
  route.stripPrefix && prefixOf(route) !== "" ? `${route.app}:${prefixOf(route)}` : route.app;

/** The routes as a map of HAProxy: host, prefix and / lead to a route's value. */
export function routeMap(routes: HttpRoute[]): string {
  return routes.map((route) => `${route.host}${prefixOf(route)}/ ${routeValue(route)}\n`).join("");
}

/** Rules that remove prefixes: one for each value with a prefix. */
export function stripRules(routes: HttpRoute[]): string {
  const values = new Map(
    routes.filter((route) => routeValue(route).includes(":")).map((one) => [routeValue(one), prefixOf(one)]),
  );
  return [...values]
    .map(([value, prefix]) => {
      const pattern = prefix.replace(/[.]/g, "\\$&");
      return `  http-request replace-path '^${pattern}(/(.*))?$' '/\\2' if { var(txn.route) -m str ${value} }`;
    })
    .join("\n");
}

/**
 * One backend for each app with a route. Pods come and go by DNS; each is asked for its readiness path. What a pod lost
 * between two checks costs is a retry at another one.
 */
export function appBackends(plan: EdgePlan, backends: Record<string, AppBackend>): string[] {
  const apps = [...new Set(plan.http.map((route) => route.app))].filter((app) => app !== STORE_BACKEND).toSorted();
  return apps.map((app) => {
    const { host, port, readinessPath, replicas } = backends[app]!;
    return `
backend ${app} from http
  balance random
  option http-server-close
  option httpchk
  http-check send meth GET uri ${readinessPath} ver HTTP/1.1 hdr Host ${host}
  http-check expect status 200-399
  default-server check inter 2s fastinter 500ms downinter 1s fall 2 rise 1 observe layer4 error-limit 2 on-error mark-down resolvers cluster resolve-prefer ipv4 init-addr none
  server-template ${app}- 1-${2 * replicas + 2} ${host}:${port}`;
  });
}
