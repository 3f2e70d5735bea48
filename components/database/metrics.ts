import type { types } from "@pulumi/kubernetes";
import { stringify } from "yaml";
import type { BackupPlan, DatabasePlan, RepositoryPlan } from "../../stacks/plan.ts";
import type { Platform } from "../platform.ts";
import { containerResources, restrictedContainer, withInit } from "../pod.ts";
import { accountSecret } from "./names.ts";
import { PATHS } from "./layout.ts";
import { POOLER_TLS } from "./poolerConfig.ts";

type Container = types.input.core.v1.Container;

/** Ports of a member's metrics by name: of PostgreSQL, of its volume, of each of its repositories. */
export const memberMetricPorts = ({ backup }: DatabasePlan): Record<string, number> => ({
  "metrics-sql": 9187,
  "metrics-volume": 9100,
  ...Object.fromEntries((backup?.repositories ?? []).map((one) => [repositoryMetrics(one), 9853 + one.number])),
});

/** Name of the port with a repository's metrics. */
export const repositoryMetrics = ({ name }: RepositoryPlan): string => `metrics-${name}`;

/** Ports of a pooler pod's metrics: of the PgBouncer for writes, and of the one for reads. */
export const POOLER_METRICS = { "metrics-write": 9127, "metrics-read": 9128 } as const;

/** File of `metricQueries` in the members' ConfigMap. */
export const QUERIES_FILE = "queries.yml";

/** Folder of that ConfigMap in the container with the exporters. */
export const QUERIES_FOLDER = "/etc/metrics";

/** Folder of the account that watches PostgreSQL. */
const MONITOR_FOLDER = "/secrets/monitor";

/** Name of the ConfigMap with what the exporter of PostgreSQL asks. */
export const queriesConfigMap = (plan: DatabasePlan): string => `${plan.name}-metrics`;

/** A few Go programs. */
const resources = { cpu: "10m", memory: "48Mi", memoryLimit: "256Mi" };

/**
 * SQL that gives each repository's name, the seconds since its newest proof (since the cluster's beginning where there is
 * none), and of the newest try that ended what was wrong and how old the newest commit was: NULL where nothing, or nobody knows.
 *
 * @param proofs SQL of the tries, as archipel.restore_proof has them.
 */
export const proofStates = ({ repositories }: BackupPlan, proofs = "TABLE archipel.restore_proof"): string => `
  SELECT name AS repository, extract(epoch FROM now() - coalesce(newest.proven, cluster.begun)) AS age_seconds,
    last.problem, last.data_age_seconds
  FROM (VALUES ${repositories.map(({ number, name }) => `(${number}, '${name}')`).join(", ")}) AS repositories (number, name)
    CROSS JOIN (SELECT to_timestamp(system_identifier >> 32) AS begun FROM pg_control_system()) AS cluster
    CROSS JOIN LATERAL (SELECT max(proven) AS proven FROM (${proofs}) AS proofs WHERE repository = number) AS newest
    LEFT JOIN LATERAL (
      SELECT problem, data_age_seconds FROM (${proofs}) AS proofs
      WHERE repository = number AND (proven IS NOT NULL OR problem IS NOT NULL) ORDER BY begun DESC LIMIT 1) AS last ON true`;

/** SQL that says how the archiving of WAL goes. A replica archives nothing: what it says is of an earlier time. */
export const ARCHIVE_STATE = `
  SELECT NOT pg_is_in_recovery() AND coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) AS failing,
    (SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready') AS waiting_segments
  FROM pg_stat_archiver`;

/** What the exporter of PostgreSQL asks beside what it knows by itself. */
export function metricQueries({ backup }: DatabasePlan): string {
  if (!backup) return "{}\n";
  return stringify({
    archipel_archive: {
      query: `SELECT failing::int, waiting_segments FROM (${ARCHIVE_STATE}) AS state`,
      metrics: [
        { failing: { usage: "GAUGE", description: "Whether the newest attempt to archive WAL failed" } },
        { waiting_segments: { usage: "GAUGE", description: "WAL segments that wait to be archived" } },
      ],
    },
    archipel_restore_proof: {
      query: `
        SELECT repository, age_seconds, (problem IS NOT NULL)::int AS failed, data_age_seconds
        FROM (${proofStates(backup)}) AS states`,
      metrics: [
        { repository: { usage: "LABEL", description: "Name of the repository" } },
        { age_seconds: { usage: "GAUGE", description: "Seconds since a restore from it was proven" } },
        { failed: { usage: "GAUGE", description: "Whether the newest try to prove one failed" } },
        { data_age_seconds: { usage: "GAUGE", description: "Age of the newest commit that this try found" } },
      ],
    },
  });
}

/**
 * The exporters of a member: of PostgreSQL, through its socket and with an account that only watches; of the volume's
 * space; of the repositories, which it asks every two minutes.
 *
 * @param mounts of the member.
 */
export const memberMetrics = (
  { plan, platform }: { plan: DatabasePlan; platform: Platform },
  mounts: types.input.core.v1.VolumeMount[],
): Container => ({
  ...restrictedContainer,
  name: "metrics",
  image: platform.images(plan.image),
  restartPolicy: "Always",
  command: withInit("metrics-start", "member"),
  ports: ports(memberMetricPorts(plan)),
  env: [
    { name: "DATA_SOURCE_USER_FILE", value: `${MONITOR_FOLDER}/username` },
    { name: "DATA_SOURCE_PASS_FILE", value: `${MONITOR_FOLDER}/password` },
    { name: "METRICS_TLS", value: PATHS.tls },
    { name: "METRICS_QUERIES", value: `${QUERIES_FOLDER}/${QUERIES_FILE}` },
    ...(plan.backup
      ? [
          {
            name: "METRICS_REPOSITORIES",
            value: plan.backup.repositories.map(({ number, name }) => `${number}=${name}`).join(" "),
          },
        ]
      : []),
  ],
  resources: containerResources(resources),
  volumeMounts: [
    ...mounts,
    { name: "queries", mountPath: QUERIES_FOLDER, readOnly: true },
    { name: "monitor", mountPath: MONITOR_FOLDER, readOnly: true },
  ],
});

/** Volumes of these exporters' own in a member's pod. */
export const memberMetricsVolumes = (plan: DatabasePlan): types.input.core.v1.Volume[] => [
  { name: "queries", configMap: { name: queriesConfigMap(plan) } },
  { name: "monitor", secret: { secretName: accountSecret(plan, "monitor"), defaultMode: 0o440 } },
];

/** The exporters of a pooler pod: one for each PgBouncer, through its socket. */
export const poolerMetrics = (platform: Platform, pgbouncers: string[]): Container => ({
  ...restrictedContainer,
  name: "metrics",
  image: platform.images("patroni"),
  restartPolicy: "Always",
  command: withInit("metrics-start", "pooler"),
  ports: ports(POOLER_METRICS),
  env: [{ name: "METRICS_TLS", value: POOLER_TLS }],
  resources: containerResources(resources),
  volumeMounts: [
    { name: "tls", mountPath: POOLER_TLS, readOnly: true },
    { name: "run-metrics", mountPath: "/run" },
    ...pgbouncers.map((name) => ({ name: `run-${name}`, mountPath: `/pgbouncer/${name}` })),
  ],
});

const ports = (numbers: Record<string, number>): types.input.core.v1.ContainerPort[] =>
  Object.entries(numbers).map(([name, containerPort]) => ({ name, containerPort }));
