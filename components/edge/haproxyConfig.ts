import type { EdgePlan } from "../../stacks/plan.ts";
import type { AppBackend, DatabaseBackend, StoreBackend } from "./backends.ts";
import { HTTP_PORT, HTTPS_PORT, STATUS_PORT } from "./edgePorts.ts";
import { appBackends, routeMap, stripRules } from "./haproxyHttp.ts";
import { STORE_CHOICE, STORE_RULES, storeSections } from "./haproxyStore.ts";
import { tcpSections } from "./haproxyTcp.ts";

/** Folder of the configuration and, below it, of certificates. */
export const CONFIG_FOLDER = "/etc/haproxy";
/** Folder of the socket for commands to the running process. */
export const RUN_FOLDER = "/run/haproxy";

/** What the configuration is made from. */
export interface HaproxyConfigArgs {
  /** The edge. */
  plan: EdgePlan;
  /** The apps with routes, by name. */
  backends: Record<string, AppBackend>;
  /** PostgreSQL; undefined where the site has none. */
  database?: DatabaseBackend;
  /** The object store; undefined where the edge does not serve it. */
  store?: StoreBackend;
  /** Folder in which HAProxy finds its files; default CONFIG_FOLDER. */
  folder?: string;
}

/** HAProxy's files by name: `haproxy.cfg` and `routes.map`. The same plan gives the same bytes. */
export function haproxyFiles(args: HaproxyConfigArgs): Record<"haproxy.cfg" | "routes.map", string> {
  const { plan, folder = CONFIG_FOLDER } = args;
  const sections = [
    globalSection(plan),
    resolvers,
    httpDefaults,
    statusFrontend,
    redirectFrontend,
    httpsFrontend(plan, folder, args.store !== undefined),
    notFound,
    ...appBackends(plan, args.backends),
    ...(args.store ? storeSections(args.store, folder) : []),
    ...tcpSections(plan.tcp, args.database, folder),
  ];
  return {
    "haproxy.cfg": `${sections.map((section) => section.trim()).join("\n\n")}\n`,
    "routes.map": routeMap(plan.http),
  };
}

const globalSection = (plan: EdgePlan): string => `
global
  log stdout format raw local0 info
  maxconn ${plan.maxConnections}
  hard-stop-after ${plan.drainSeconds}s
  # Renewed certificates arrive here: no connection is dropped, as a reload would after hard-stop-after.
  stats socket ${RUN_FOLDER}/admin.sock mode 600 level admin
  ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
  ssl-default-bind-ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305
  ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256
  ssl-server-verify required`;

/** When the cluster's DNS fails, the last known addresses are kept for minutes; health checks judge them meanwhile. */
const resolvers = `
resolvers cluster
  parse-resolv-conf
  accepted_payload_size 8192
  resolve_retries 3
  timeout resolve 1s
  timeout retry 500ms
  hold valid 1s
  hold obsolete 1s
  hold nx 5s
  hold other 300s
  hold refused 300s
  hold timeout 300s`;

const ERROR_TEXTS = {
  408: "The request did not arrive completely in time.",
  500: "The request failed inside the entry point of this site.",
  502: "The service gave no valid answer.",
  503: "The service is not available at the moment. Please try again in a minute.",
  504: "The service took too long to answer.",
} as const;

const errorLines = Object.entries(ERROR_TEXTS)
  .map(
    ([status, text]) =>
      `  http-error status ${status} content-type "text/plain; charset=utf-8" lf-string "${text}\\nRequest: %[unique-id]\\n"`,
  )
  .join("\n");

/** Seconds after which the edge ends a connection that has nothing to do. */
const IDLE_SECONDS = 30;

/**
 * Seconds for which clients of HTTP/1 are told that they may keep one: they let go first. A request on a connection that the edge
 * is just ending would break off, and only the client could know whether it may send it again. HTTP/2 says goodbye by itself.
 */
const CLIENTS_IDLE_SECONDS = IDLE_SECONDS - 5;

/** Retries never repeat what an app may have done: only GET and HEAD are sent again after a connection was made. */
const httpDefaults = `
defaults http
  mode http
  log global
  log-format '{"time":"%[date,utime(%Y-%m-%dT%H:%M:%SZ)]","client":"%ci","method":"%HM","host":"%[var(txn.host),json(utf8s)]","path":"%[var(txn.path),json(utf8s)]","status":%ST,"bytes":%B,"milliseconds":%Ta,"backend":"%b","server":"%s","retries":"%rc","state":"%tsc","request":"%ID"}'
  unique-id-format %[uuid()]
  option dontlognull
  option idle-close-on-response
  option redispatch 1
  retries 3
  retry-on conn-failure empty-response
  timeout connect 2s
  timeout queue 10s
  timeout http-request 10s
  timeout http-keep-alive ${IDLE_SECONDS}s
  timeout client 60s
  timeout client-fin 10s
  timeout server 60s
  timeout tunnel 1h
  timeout check 2s
${errorLines}`;

const statusFrontend = `
frontend status from http
  bind :${STATUS_PORT}
  monitor-uri /healthz
  monitor fail if { stopping }
  http-request set-log-level silent
  http-request use-service prometheus-exporter if { path /metrics }
  http-request return status 404 content-type "text/plain" string "Not found\\n"`;

const redirectFrontend = `
frontend http from http
  bind :${HTTP_PORT}
  http-request set-var(txn.host) req.hdr(host),field(1,:),lower
  http-request set-var(txn.path) path
  http-request return status 400 content-type "text/plain" string "The request names no host.\\n" unless { var(txn.host) -m found }
  http-request redirect code 308 location https://%[var(txn.host)]%[pathq]`;

/** The longest entry of routes.map that the host and path begin with decides; entries end with / at a path's segment. */
function httpsFrontend(plan: EdgePlan, folder: string, servesStore: boolean): string {
  const hsts = `\n  http-after-response set-header Strict-Transport-Security max-age=${plan.hstsSeconds}`;
  return `
frontend https from http
  bind :${HTTPS_PORT} ssl crt ${folder}/tls/edge.pem alpn h2,http/1.1
  http-request set-var(txn.host) req.hdr(host),field(1,:),lower
  http-request set-var(txn.path) path
  http-request set-var-fmt(txn.place) "%[var(txn.host)]%[path]/"
  http-request set-var(txn.route) var(txn.place),map_beg(${folder}/routes.map)
${servesStore ? STORE_RULES : "  http-request disable-l7-retry unless METH_GET"}
  http-request del-header X-Forwarded- -m beg
  http-request del-header X-Real-IP
  http-request del-header Forwarded
  http-request del-header Proxy
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto https
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Request-ID %[unique-id]
  http-after-response set-header Keep-Alive timeout=${CLIENTS_IDLE_SECONDS} if { fc_http_major 1 }
  http-after-response set-header X-Request-ID %[unique-id]${plan.hstsSeconds > 0 ? hsts : ""}
${stripRules(plan.http)}
${servesStore ? STORE_CHOICE : ""}  use_backend %[var(txn.route),field(1,:)] if { var(txn.route) -m found }
  default_backend not_found`.replace("\n\n", "\n");
}

const notFound = `
backend not_found from http
  http-request return status 404 content-type "text/plain; charset=utf-8" lf-string "There is no service at this address.\\nRequest: %[unique-id]\\n"`;
