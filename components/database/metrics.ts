import type { types } from "@pulumi/kubernetes";
import { stringify } from "yaml";
import type { BackupPlan, DatabasePlan } from "../../stacks/plan.ts";
import type { Platform } from "../platform.ts";
import { containerResources, restrictedContainer, withInit } from "../pod.ts";
import { accountSecret } from "./accounts.ts";
import { STANZA } from "./backrest.ts";
import { PATHS } from "./layout.ts";
import { POOLER_TLS } from "./poolerConfig.ts";

type Container = types.input.core.v1.Container;

/** Ports of a member's metrics: of PostgreSQL, of its volume, of its repositories. */
export const MEMBER_METRICS = { "metrics-sql": 9187, "metrics-volume": 9100, "metrics-backup": 9854 } as const;

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
 * SQL that gives each repository's number and the seconds since its newest proof: since the cluster's beginning where
 * there is none.
 *
 * @param proofs SQL of the proofs, with the columns `repository` and `proven`.
 */
export const proofAges = ({ repositories }: BackupPlan, proofs = "TABLE archipel.restore_proof"): string => `
  SELECT number AS repository, extract(epoch FROM now() - coalesce(newest.proven, cluster.begun)) AS age_seconds
  FROM unnest('{${repositories.map(({ number }) => number).join(",")}}'::int[]) AS number,
    LATERAL (SELECT max(proven) AS proven FROM (${proofs}) AS proofs WHERE repository = number) AS newest,
    (SELECT to_timestamp(system_identifier >> 32) AS begun FROM pg_control_system()) AS cluster`;

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
      query: proofAges(backup),
      metrics: [
        { repository: { usage: "LABEL", description: "Number of the repository" } },
        { age_seconds: { usage: "GAUGE", description: "Seconds since a restore from it was proven" } },
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
  ports: ports(MEMBER_METRICS),
  env: [
    { name: "DATA_SOURCE_USER_FILE", value: `${MONITOR_FOLDER}/username` },
    { name: "DATA_SOURCE_PASS_FILE", value: `${MONITOR_FOLDER}/password` },
    { name: "METRICS_TLS", value: PATHS.tls },
    { name: "METRICS_QUERIES", value: `${QUERIES_FOLDER}/${QUERIES_FILE}` },
    ...(plan.backup ? [{ name: "METRICS_STANZA", value: STANZA }] : []),
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
