import { toBytes } from "../../stacks/bytes.ts";
import type { BackupPlan, DatabasePlan, ExternalDatabasePlan } from "../../stacks/plan.ts";
import type { Alert } from "../monitoring/monitored.ts";

/**
 * What must not be of the members.
 *
 * @param own PromQL's selector of the database's metrics.
 */
export function databaseAlerts(plan: DatabasePlan, own: string): Alert[] {
  const replicas = plan.members.length - 1;
  return [
    {
      name: "PostgresNoPrimary",
      expr: `sum(patroni_primary{${own}} or vector(0)) < 1`,
      for: "30s",
      severity: "page",
      summary: "No member takes writes: clients wait, and then get errors",
    },
    {
      name: "PostgresTwoPrimaries",
      expr: `sum(patroni_primary{${own}}) > 1`,
      for: "30s",
      severity: "page",
      summary: "{{ $value }} members say that they are the primary",
    },
    {
      name: "PostgresMemberDown",
      expr: `patroni_postgres_running{${own}} == 0 or up{${own},job="patroni"} == 0`,
      for: "5m",
      severity: "ticket",
      summary: "{{ $labels.member }} does not run: the database bears fewer failures than it should",
    },
    ...(replicas > 0 ? replicaAlerts(replicas, toBytes(plan.pooler.readLag), own) : []),
    ...volumeAlerts(own),
    ...(plan.backup ? backupAlerts(plan.backup, own) : []),
    ...serverAlerts(own),
  ];
}

/** What must not be of any PostgreSQL. */
const serverAlerts = (own: string): Alert[] => [
  {
    name: "PostgresConnectionsNearlyUsed",
    expr: `sum by (member) (pg_stat_activity_count{${own}}) / max by (member) (pg_settings_max_connections{${own}}) > 0.85`,
    for: "5m",
    severity: "ticket",
    summary: "{{ $labels.member }} uses {{ $value | humanizePercentage }} of its connections",
  },
  {
    name: "PostgresWraparound",
    // PostgreSQL itself begins to hurry at 0.2 and stops writes at 2.1 thousand million.
    expr: `max by (datname) (pg_database_wraparound_age_datfrozenxid_seconds{${own}}) > 1e9`,
    for: "1h",
    severity: "ticket",
    summary:
      "The oldest transaction of {{ $labels.datname }} is {{ $value | humanize }} transactions old: vacuum does not keep up",
  },
];

/** @param readLag bytes by which a replica may be behind that serves reads. */
const replicaAlerts = (replicas: number, readLag: number, own: string): Alert[] => [
  {
    name: "PostgresReplicaBehind",
    expr: `(scalar(max(patroni_xlog_location{${own}})) - patroni_xlog_replayed_location{${own}} > ${readLag}) and patroni_replica{${own}} == 1`,
    for: "5m",
    severity: "ticket",
    summary:
      "{{ $labels.member }} is {{ $value | humanize1024 }}B behind: it serves no reads, and a failover to it would wait",
  },
  {
    name: "PostgresSyncSetSmall",
    expr: `sum(patroni_sync_standby{${own}} or vector(0)) + sum(patroni_quorum_standby{${own}} or vector(0)) < ${replicas}`,
    for: "5m",
    severity: "ticket",
    summary: `{{ $value }} of ${replicas} replicas confirm commits: with none, one more failure can lose what was acknowledged`,
  },
];

const volumeAlerts = (own: string): Alert[] => {
  const volume = `${own},job="postgres-volume"`;
  const free = `node_filesystem_avail_bytes{${volume}} / node_filesystem_size_bytes{${volume}}`;
  return [
    {
      name: "PostgresVolumeFilling",
      expr: `predict_linear(node_filesystem_avail_bytes{${volume}}[6h], 4 * 86400) < 0 and ${free} < 0.5`,
      for: "1h",
      severity: "ticket",
      summary: "The volume of {{ $labels.member }} is full within four days if it goes on like this",
    },
    {
      name: "PostgresVolumeNearlyFull",
      expr: `${free} < 0.1`,
      for: "5m",
      severity: "page",
      summary:
        "The volume of {{ $labels.member }} has {{ $value | humanizePercentage }} left: PostgreSQL stops when it is full",
    },
  ];
};

const backupAlerts = ({ repositories, proofHours, archiveMinutes }: BackupPlan, own: string): Alert[] => [
  {
    name: "PostgresWalNotArchived",
    expr: `archipel_archive_failing{${own}} == 1`,
    for: `${archiveMinutes}m`,
    severity: "page",
    summary:
      "A repository takes no WAL of {{ $labels.member }}: what is written now is missing in it, and fills the volume up to the queue",
  },
  {
    name: "PostgresRepositoryHasGap",
    expr: `max by (repository) (archipel_archive_missing_segments{${own}}) > 0`,
    for: "15m",
    severity: "ticket",
    summary:
      "Repository {{ $labels.repository }} lacks {{ $value }} WAL segments since its newest backup: a restore from it ends there",
  },
  {
    name: "PostgresRepositoryUnreachable",
    expr: [
      `max by (repository) (pgbackrest_repo_status{${own}}) > 0`,
      ...repositories.map(({ name }) => `absent(pgbackrest_repo_status{${own},repository="${name}"})`),
    ].join(" or "),
    for: "30m",
    severity: "ticket",
    summary: "Repository {{ $labels.repository }} cannot be read or has no backup: there is no restore from it",
  },
  {
    name: "PostgresBackupTooOld",
    expr: `min by (repository) (pgbackrest_backup_since_last_completion_seconds{${own}}) > ${proofHours * 3600}`,
    for: "10m",
    severity: "ticket",
    summary:
      "The newest backup in repository {{ $labels.repository }} is {{ $value | humanizeDuration }} old: a restore has to replay all WAL since then",
  },
  {
    name: "PostgresBackupDamaged",
    expr: `max by (repository) (pgbackrest_backup_last_error_status{${own}}) > 0`,
    for: "10m",
    severity: "page",
    summary:
      "The newest backup in repository {{ $labels.repository }} has pages with a wrong checksum: they are damaged on the member that it was made of",
  },
  {
    name: "PostgresRestoreProofTooOld",
    expr: `max by (repository) (archipel_restore_proof_age_seconds{${own}}) > ${proofHours * 3600}`,
    for: "10m",
    severity: "ticket",
    summary: "No restore from repository {{ $labels.repository }} was proven for {{ $value | humanizeDuration }}",
  },
  {
    name: "PostgresRestoreProofFailed",
    expr: `max by (repository) (archipel_restore_proof_failed{${own}}) == 1`,
    for: "10m",
    severity: "ticket",
    summary:
      "The newest restore from repository {{ $labels.repository }} failed, lacked what was committed, or was broken: archipel status says which",
  },
];

/** What must not be of the poolers. */
export const poolerAlerts = (own: string): Alert[] => [
  {
    name: "PoolerClientsWait",
    expr: `max by (database, user) (pgbouncer_pools_client_maxwait_seconds{${own}}) > 10`,
    for: "1m",
    severity: "ticket",
    summary: "Clients of {{ $labels.database }} wait {{ $value | humanizeDuration }} for a connection to PostgreSQL",
  },
];

/**
 * What must not be of a server that somebody else runs.
 *
 * @param own PromQL's selector of its metrics.
 */
export const externalAlerts = ({ host, backup }: ExternalDatabasePlan, own: string): Alert[] => [
  {
    name: "ExternalPostgresDown",
    expr: `pg_up{${own}} == 0 or up{${own},job="postgres"} == 0`,
    for: "1m",
    severity: "page",
    summary: `${host} does not answer: apps that are bound to it get errors`,
  },
  ...(backup === "none"
    ? []
    : [
        {
          name: "ExternalPostgresWalNotArchived",
          expr: `archipel_archive_failing{${own}} == 1`,
          for: `${backup.archiveMinutes}m`,
          severity: "page" as const,
          summary: `${host} does not archive its WAL: what is written now is in no backup of it`,
        },
      ]),
  ...serverAlerts(own),
];
