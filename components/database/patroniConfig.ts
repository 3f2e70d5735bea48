import type { DatabasePlan } from "../../stacks/plan.ts";
import { accountLogin, ACCOUNTS, RENAMED } from "./accounts.ts";
import { STANZA } from "./backrest.ts";
import { dataFolder, PATHS, PATRONI_PORT, POSTGRES_PORT, programFolder } from "./layout.ts";
import { parameters } from "./parameters.ts";
import { restoreBootstrap } from "./restore.ts";

/**
 * How a replica gets WAL that the primary has removed. Only one that stands still asks the archive, see patroni-heal: a failover
 * asks for files that are not there yet, and would wait for the answers.
 */
const RESTORE_COMMAND = `test -e /run/patroni/from-archive && pgbackrest --stanza=${STANZA} archive-get "%f" "%p"`;

/** The part of Patroni's configuration that needs a restart of the member; the same for all, names come by environment. */
export function memberConfig(plan: DatabasePlan, dcsHosts: string[]): object {
  const { tls } = PATHS;
  const internalTls = {
    sslmode: "verify-full",
    sslrootcert: `${tls}/ca.crt`,
    sslcert: `${tls}/tls.crt`,
    sslkey: `${tls}/tls.key`,
  };
  return {
    scope: plan.name,
    log: { level: "INFO", format: "%(asctime)s %(levelname)s: %(message)s" },
    restapi: {
      listen: `0.0.0.0:${PATRONI_PORT}`,
      certfile: `${tls}/tls.crt`,
      keyfile: `${tls}/tls.key`,
      cafile: `${tls}/ca.crt`,
      // Health checks carry no certificate; everything that changes something asks for a password.
      verify_client: "none",
    },
    ctl: { cacert: `${tls}/ca.crt` },
    etcd3: { hosts: dcsHosts, protocol: "https", cacert: `${tls}/ca.crt` },
    postgresql: {
      listen: `0.0.0.0:${POSTGRES_PORT}`,
      data_dir: dataFolder(plan.version),
      bin_dir: programFolder(plan.version),
      // Says first which member a new cluster begins on.
      bin_name: { initdb: "/usr/local/bin/patroni-initdb" },
      pgpass: "/run/patroni/pgpass",
      use_unix_socket: true,
      use_unix_socket_repl: true,
      // A member heals itself: what cannot be rewound was never confirmed by a quorum and is copied anew.
      remove_data_directory_on_rewind_failure: true,
      remove_data_directory_on_diverged_timelines: true,
      basebackup: [{ checkpoint: "fast" }],
      // Names and passwords: see memberAccounts.ts.
      authentication: {
        superuser: internalTls,
        replication: internalTls,
        rewind: internalTls,
      },
      parameters: {
        unix_socket_directories: "/run/postgresql",
        ssl_cert_file: `${tls}/tls.crt`,
        ssl_key_file: `${tls}/tls.key`,
        ssl_ca_file: `${tls}/ca.crt`,
      },
    },
  };
}

/** How a new cluster starts, beside its settings. */
export function bootstrapConfig(plan: DatabasePlan): object {
  return {
    bootstrap: {
      ...(plan.restore && restoreBootstrap(plan.restore)),
      // Sorting by PostgreSQL's own rules: no update of the image's C library can change the order inside an index.
      initdb: [
        { encoding: "UTF8" },
        { "locale-provider": "builtin" },
        { "builtin-locale": "C.UTF-8" },
        { locale: "C.UTF-8" },
        "data-checksums",
      ],
      dcs: settings(plan),
    },
  };
}

/** The settings that all members share: Patroni keeps them in the DCS and applies changes while it runs. */
export function settings(plan: DatabasePlan): Settings {
  const replicated = plan.members.length > 1;
  return {
    ...plan.patroni,
    check_timeline: true,
    failsafe_mode: true,
    synchronous_mode: replicated ? "quorum" : "off",
    synchronous_mode_strict: replicated && plan.whenAlone === "block",
    synchronous_node_count: replicated ? (plan.members.length - 1) / 2 : 1,
    postgresql: {
      use_pg_rewind: true,
      use_slots: true,
      ...(plan.backup && { recovery_conf: { restore_command: RESTORE_COMMAND } }),
      parameters: parameters(plan),
      pg_hba: accessRules(plan),
    },
  };
}

/** Patroni's dynamic configuration, as far as the platform decides it. */
export interface Settings {
  /** PostgreSQL's part. */
  postgresql: { parameters: Record<string, string | number | boolean>; pg_hba: string[]; [key: string]: unknown };
  [key: string]: unknown;
}

/**
 * Who may connect, and how: with TLS and a password. The platform's own accounts need a certificate of the site's CA
 * too, so that no client from outside can use them, even where the edge leads to a member. Each is named as the role that
 * all its generations act as (+), and by its present login: in a cluster that begins anew, Patroni makes that one first.
 */
function accessRules(plan: DatabasePlan): string[] {
  const superuser = ACCOUNTS.superuser.role;
  const [replication, rewind, pooler, monitor] = RENAMED.map((account) => {
    const [all, login] = [`+${ACCOUNTS[account].role}`, accountLogin(plan, account)];
    return plan.generation === 1 ? all : `${all},${login}`;
  });
  const withCertificate = "scram-sha-256 clientcert=verify-ca";
  return [
    `local all ${superuser} peer`,
    `local replication ${replication} scram-sha-256`,
    `local postgres ${monitor} scram-sha-256`,
    `hostssl all ${superuser} all ${withCertificate}`,
    `hostssl replication ${replication} all ${withCertificate}`,
    `hostssl postgres ${rewind} all ${withCertificate}`,
    `hostssl postgres ${pooler} all scram-sha-256`,
    `hostssl all ${replication},${rewind},${pooler},${monitor} all reject`,
    "hostssl all all all scram-sha-256",
  ];
}
