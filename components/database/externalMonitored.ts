import type { ExternalDatabasePlan } from "../../stacks/plan.ts";
import { inNamespace, type Monitored } from "../monitoring/monitored.ts";
import { externalAlerts } from "./alerts.ts";
import { EXPORTER_PORT } from "./externalExporter.ts";
import { podSelector } from "./pods.ts";

/** What is read of a server that somebody else runs, and what must not be. */
export function externalMonitored(plan: ExternalDatabasePlan, namespace: string): Monitored {
  const own = inNamespace(namespace);
  const { host } = plan.exporter;
  return {
    name: "database",
    scrapes: [
      {
        namespace,
        podLabels: podSelector(plan, "exporter"),
        hosts: [host],
        perMember: true,
        job: "postgres",
        port: { name: "metrics", number: EXPORTER_PORT },
        serverName: host,
      },
    ],
    alerts: externalAlerts(plan, own),
    panels: [
      {
        title: "Transactions",
        unit: "ops",
        expr: `sum by (datname) (rate(pg_stat_database_xact_commit{${own},datname!~"template.*|"}[5m]))`,
        legend: "{{datname}}",
      },
      {
        title: "Connections to PostgreSQL",
        unit: "short",
        expr: `sum(pg_stat_activity_count{${own}})`,
        legend: "connections",
      },
    ],
  };
}
