import { serviceHost } from "../../stacks/names.ts";
import type { DatabasePlan } from "../../stacks/plan.ts";
import { inNamespace, type Monitored, type Scrape } from "../monitoring/monitored.ts";
import { databaseAlerts, poolerAlerts } from "./alerts.ts";
import { PATRONI_PORT } from "./layout.ts";
import { memberMetricPorts, POOLER_METRICS, repositoryMetrics } from "./metrics.ts";
import { podSelector } from "./pods.ts";
import { poolerPods } from "./pooler.ts";
import { primaryName } from "./poolerConfig.ts";

/** What is read of a database, and what must not be. */
export function databaseMonitored(plan: DatabasePlan, namespace: string): Monitored {
  const own = inNamespace(namespace);
  const hosts = plan.members.map(({ host }) => host);
  const member = { namespace, podLabels: podSelector(plan, "member"), hosts, perMember: true };
  const memberScrape = (job: string, name: string): Scrape => ({
    ...member,
    job,
    port: { name, number: memberMetricPorts(plan)[name]! },
    serverName: primaryName(plan),
  });
  const poolers = serviceHost(poolerPods(plan), namespace);
  // PgBouncer's own port begins without TLS: the exporter beside it has the same certificate.
  const poolerTls = POOLER_METRICS["metrics-read"];
  const poolerScrape = (job: string, name: keyof typeof POOLER_METRICS): Scrape => ({
    namespace,
    podLabels: podSelector(plan, "pooler"),
    hosts: [poolers],
    job,
    port: { name, number: POOLER_METRICS[name] },
    serverName: plan.pooler.host,
  });
  return {
    name: "database",
    scrapes: [
      { ...member, job: "patroni", port: { name: "patroni", number: PATRONI_PORT }, serverName: primaryName(plan) },
      memberScrape("postgres", "metrics-sql"),
      memberScrape("postgres-volume", "metrics-volume"),
      ...(plan.backup?.repositories ?? []).map((one) => ({
        ...memberScrape(`postgres-backup-${one.name}`, repositoryMetrics(one)),
        labels: { repository: one.name },
      })),
      ...(plan.pooler.kind === "pgbouncer" ? [poolerScrape("pooler", "metrics-write")] : []),
      poolerScrape("pooler-read", "metrics-read"),
    ],
    tlsServers: [
      ...hosts.map((host) => ({ ...member, host, port: PATRONI_PORT, podPort: PATRONI_PORT })),
      { namespace, podLabels: podSelector(plan, "pooler"), host: poolers, port: poolerTls, podPort: poolerTls },
    ],
    alerts: [...databaseAlerts(plan, own), ...poolerAlerts(own)],
    panels: [
      { title: "Primary", unit: "short", expr: `patroni_primary{${own}}`, legend: "{{member}}" },
      {
        title: "How far replicas are behind",
        unit: "bytes",
        expr: `scalar(max(patroni_xlog_location{${own}})) - patroni_xlog_replayed_location{${own}} and patroni_replica{${own}} == 1`,
        legend: "{{member}}",
      },
      {
        title: "Transactions",
        unit: "ops",
        expr: `sum by (member, datname) (rate(pg_stat_database_xact_commit{${own},datname!~"template.*|"}[5m]))`,
        legend: "{{member}} {{datname}}",
      },
      {
        title: "Connections to PostgreSQL",
        unit: "short",
        expr: `sum by (member) (pg_stat_activity_count{${own}})`,
        legend: "{{member}}",
      },
      {
        title: "Clients of the pooler",
        unit: "short",
        expr: `sum by (job, database) (pgbouncer_pools_client_active_connections{${own}})`,
        legend: "{{job}} {{database}}",
      },
      {
        title: "Space left on the volumes",
        unit: "percentunit",
        expr: `node_filesystem_avail_bytes{${own},job="postgres-volume"} / node_filesystem_size_bytes{${own},job="postgres-volume"}`,
        legend: "{{member}}",
      },
      ...(plan.backup
        ? [
            {
              title: "Age of the newest backup",
              unit: "s",
              expr: `min by (repository) (pgbackrest_backup_since_last_completion_seconds{${own}})`,
              legend: "repository {{repository}}",
            },
            {
              title: "Time since a restore was proven",
              unit: "s",
              expr: `max by (repository) (archipel_restore_proof_age_seconds{${own}})`,
              legend: "repository {{repository}}",
            },
            {
              title: "Age of the newest commit in the newest restore that was tried",
              unit: "s",
              expr: `max by (repository) (archipel_restore_proof_data_age_seconds{${own}})`,
              legend: "repository {{repository}}",
            },
            {
              title: "WAL that waits to be archived",
              unit: "short",
              expr: `archipel_archive_waiting_segments{${own}}`,
              legend: "{{member}}",
            },
          ]
        : []),
    ],
  };
}
