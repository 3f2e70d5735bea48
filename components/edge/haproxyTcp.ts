import type { EdgePlan } from "../../stacks/plan.ts";
import type { DatabaseBackend } from "./backends.ts";
import { tcpRoutes } from "./edgePorts.ts";

/** Sections of the TCP routes; none where there are none. */
export function tcpSections(tcp: EdgePlan["tcp"], database: DatabaseBackend | undefined, folder: string): string[] {
  if (tcp.length === 0 || !database) return [];
  const sections = {
    "database-primary": () => primaryBackend(database, folder),
    "database-pooler": () => poolerBackend(database),
  };
  const targets = [...new Set(tcp.map((route) => route.to))].toSorted();
  return [
    tcpDefaults,
    ...tcpRoutes(tcp).map(
      ({ name, containerPort, to }) => `
frontend tcp.${name} from tcp
  bind :${containerPort}
  default_backend ${to}`,
    ),
    ...targets.map((target) => sections[target]()),
  ];
}

/** Sessions of databases are quiet for hours; keepalives find out which of them have nobody at the other end. */
const tcpDefaults = `
defaults tcp
  mode tcp
  log global
  log-format '{"time":"%[date,utime(%Y-%m-%dT%H:%M:%SZ)]","client":"%ci","route":"%f","server":"%s","bytes":%B,"milliseconds":%Tt,"state":"%ts"}'
  option dontlognull
  option clitcpka
  option srvtcpka
  option redispatch 1
  retries 3
  timeout connect 2s
  timeout client 24h
  timeout server 24h
  timeout client-fin 30s
  timeout check 2s`;

/**
 * The member that Patroni calls the primary. Sessions end with its role, so that clients come back to the new one; those who are
 * none are asked so often, since until one says that it is the primary nobody writes.
 */
function primaryBackend({ memberHosts, port, patroniPort }: DatabaseBackend, folder: string): string {
  const servers = memberHosts.map(
    (host) => `  server ${host.split(".")[0]} ${host}:${port} check-sni ${host} verifyhost ${host}`,
  );
  return `
backend database-primary from tcp
  option httpchk
  http-check send meth GET uri /primary ver HTTP/1.1 hdr Host patroni
  http-check expect status 200
  default-server check port ${patroniPort} check-ssl ca-file ${folder}/site-ca/ca.crt inter 1s fastinter 500ms downinter 250ms fall 2 rise 1 on-marked-down shutdown-sessions resolvers cluster resolve-prefer ipv4 init-addr none
${servers.join("\n")}`;
}

/** The pooler's Service knows which of its pods are ready. */
const poolerBackend = ({ poolerHost, poolerPort }: DatabaseBackend): string => `
backend database-pooler from tcp
  server pooler ${poolerHost}:${poolerPort} resolvers cluster resolve-prefer ipv4 init-addr none`;
