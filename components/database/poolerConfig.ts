import { toBytes } from "../../stacks/bytes.ts";
import type { DatabasePlan } from "../../stacks/plan.ts";
import { connectionsPerPooler } from "./parameters.ts";
import { PATRONI_PORT, POSTGRES_PORT } from "./layout.ts";

/** Port of the pooler for reads and writes. */
export const WRITE_PORT = 5432;

/** Port of the pooler for reads alone. */
export const READ_PORT = 5433;

/** Port on which the pooler's proxy says whether it knows a primary. */
export const HEALTH_PORT = 8405;

/** Name in every member's certificate; inside a pooler pod it stands for the proxy beside the pooler. */
export const primaryName = (plan: DatabasePlan): string => `${plan.name}-primary`;

/** Ports of the proxy, inside the pod only. */
export const PROXY_PORTS = { primary: 15432, replica: 15433 } as const;

/** Loopback address of the proxy; it shares no name with localhost, which a pooler may look up as IPv6. */
export const PROXY_ADDRESS = "127.0.0.2";

/** Folder of the pooler's certificate in its pods. */
export const POOLER_TLS = "/tls/server";

/**
 * Configuration of one PgBouncer. Clients hand their SCRAM proof through to PostgreSQL, so that no password stands
 * here; a new database or role needs no change. While there is no primary, clients wait instead of getting an error.
 *
 * @param target where it leads: two PgBouncers in one pod serve the two ports with the same database names.
 * @see databaseTarget
 */
export function pgbouncerConfig(plan: DatabasePlan, target: keyof typeof PROXY_PORTS): string {
  const { poolSize, maxClientConnections } = plan.pooler;
  const settings = {
    listen_addr: "0.0.0.0",
    listen_port: target === "primary" ? WRITE_PORT : READ_PORT,
    unix_socket_dir: "/run/pgbouncer",
    auth_type: "scram-sha-256",
    auth_file: "/run/pgbouncer/userlist.txt",
    auth_dbname: "postgres",
    auth_query: "SELECT username, verifier FROM pgbouncer.user_lookup($1)",
    pool_mode: "transaction",
    // Drivers prepare statements by themselves; PgBouncer prepares them again where a transaction runs.
    max_prepared_statements: 200,
    max_client_conn: maxClientConnections,
    default_pool_size: poolSize,
    ignore_startup_parameters: "extra_float_digits",
    client_tls_sslmode: "require",
    client_tls_cert_file: `${POOLER_TLS}/tls.crt`,
    client_tls_key_file: `${POOLER_TLS}/tls.key`,
    client_tls_ca_file: `${POOLER_TLS}/ca.crt`,
    client_tls_protocols: "tlsv1.3",
    server_tls_sslmode: "verify-full",
    server_tls_ca_file: `${POOLER_TLS}/ca.crt`,
    server_tls_protocols: "tlsv1.3",
    // A failover takes seconds: clients stand still for it, and get an error only when it has clearly failed.
    query_wait_timeout: 60,
    client_login_timeout: 60,
    // The proxy answers at once and holds the connection until there is a primary.
    server_connect_timeout: 60,
    server_login_retry: 0.2,
    server_idle_timeout: 60,
    // Where no replica was fit for a while, or one is new, connections go on where they began.
    server_lifetime: target === "primary" ? 3600 : 60,
    tcp_keepalive: 1,
    tcp_keepidle: 30,
    tcp_keepintvl: 5,
    tcp_keepcnt: 3,
    log_connections: 0,
    log_disconnections: 0,
    stats_period: 3600,
  };
  // Who looks up the verifiers changes while it runs: pooler-account writes the file, which leads to databaseTarget.
  return `%include /run/pgbouncer/databases.ini

[pgbouncer]
${Object.entries(settings)
  .map(([key, value]) => `${key} = ${value}`)
  .join("\n")}
`;
}

/** Where a PgBouncer finds every database: the proxy in its pod. */
export const databaseTarget = (plan: DatabasePlan, target: keyof typeof PROXY_PORTS): string =>
  `host=${primaryName(plan)} port=${PROXY_PORTS[target]}`;

/**
 * Configuration of the HAProxy beside the pooler: it asks every member's Patroni what the member is, so that it follows
 * a failover without anybody telling it.
 */
export function proxyConfig(plan: DatabasePlan): string {
  const servers = plan.members.map(
    ({ name, host }) => `  server ${name} ${host}:${POSTGRES_PORT} verifyhost ${host} check-sni ${host}`,
  );
  return `global
  maxconn ${4 * connectionsPerPooler(plan) + 50}
  nbthread 1
  hard-stop-after 1h
  lua-load /usr/local/bin/wait-for-primary.lua
  # What a member says here leads a connection, whose other end PgBouncer verifies by certificate.
  httpclient.ssl.verify none
  httpclient.retries 0
  httpclient.timeout.connect 500ms

defaults
  mode tcp
  option clitcpka
  option srvtcpka
  option redispatch 1
  retries 3
  timeout connect 1s
  timeout check 2s
  timeout queue 4s
  timeout client 24h
  timeout server 24h
  default-server check port ${PATRONI_PORT} check-ssl ca-file ${POOLER_TLS}/ca.crt verify required resolvers dns
  # A member whose Patroni is killed is asked again for as long as that takes to start. One that stands still is given up in
  # less than the 20 s of its lock; one that takes no connections, at the next answer that it is no primary. A new primary is
  # found by each connection itself.
  default-server resolve-prefer ipv4 init-addr none inter 1s fastinter 500ms rise 1 fall 7
  default-server observe layer4 error-limit 1 on-error sudden-death
  default-server on-marked-down shutdown-sessions maxconn ${connectionsPerPooler(plan)}

resolvers dns
  parse-resolv-conf
  accepted_payload_size 4096
  resolve_retries 3
  timeout resolve 500ms
  timeout retry 500ms
  hold valid 2s
  hold obsolete 10s

frontend primary
  bind ${PROXY_ADDRESS}:${PROXY_PORTS.primary}
  tcp-request inspect-delay 60s
  tcp-request content lua.wait_for_primary
  default_backend primary

frontend replica
  bind ${PROXY_ADDRESS}:${PROXY_PORTS.replica}
  tcp-request inspect-delay 60s
  tcp-request content lua.wait_for_primary unless { nbsrv(replica) gt 0 }
  use_backend replica if { nbsrv(replica) gt 0 }
  default_backend primary

backend primary
  # The member that was just asked, whether the health checks know already or not.
  force-persist if { var(txn.primary) -m found }
  use-server %[var(txn.primary)] if { var(txn.primary) -m found }
  option httpchk OPTIONS /primary
${servers.join("\n")}

backend replica
  balance leastconn
  # Half as often as above: each question costs a member's Patroni a handshake and a query, and lag is no matter of a second.
  default-server inter 2s downinter 2s
  option httpchk OPTIONS /replica?lag=${toBytes(plan.pooler.readLag)}
${servers.join("\n")}

frontend health
  mode http
  timeout client 5s
  bind :${HEALTH_PORT}
  monitor-uri /ready
  monitor fail unless { nbsrv(primary) gt 0 }
`;
}
