import { losableDrives } from "../../stacks/erasureSets.ts";
import type { MinioPlan } from "../../stacks/objectsPlan.ts";
import { inNamespace, type Monitored } from "../monitoring/monitored.ts";
import { serverSelector } from "./minioPod.ts";

const JOB = "minio";

/** What is read of the object store, and what must not be. */
export function minioMonitored(plan: MinioPlan, namespace: string): Monitored {
  const own = `${inNamespace(namespace)},job="${JOB}"`;
  const hosts = plan.servers.map(({ host }) => host);
  const pods = { namespace, podLabels: serverSelector };
  const free = `min(minio_cluster_capacity_usable_free_bytes{${own}})`;
  const bears = Math.min(...plan.pools.map(({ sets }) => losableDrives(sets, plan.parity)));
  const health = (what: string): string => `minio_cluster_health_erasure_set_${what}{${own}}`;
  const total = `min(minio_cluster_capacity_usable_total_bytes{${own}})`;
  return {
    name: "objects",
    scrapes: [
      {
        ...pods,
        job: JOB,
        hosts,
        port: { name: "https", number: plan.port },
        path: "/minio/v2/metrics/cluster",
        serverName: plan.host,
        perMember: true,
      },
    ],
    tlsServers: hosts.map((host) => ({ ...pods, host, port: plan.port, podPort: plan.port })),
    alerts: [
      {
        name: "ObjectDriveOffline",
        expr: `max(minio_cluster_drive_offline_total{${own}}) > 0`,
        for: "5m",
        severity: "ticket",
        summary: `{{ $value }} drives of the object store are away; each erasure set bears the loss of ${bears}`,
      },
      {
        name: "ObjectStoreReadOnly",
        expr: `max by (pool, set) (${health("online_drives")}) < max by (pool, set) (${health("write_quorum")})`,
        for: "30s",
        severity: "page",
        summary:
          "Set {{ $labels.set }} of the object store's pool {{ $labels.pool }} has {{ $value }} drives, fewer than a write needs: writes fail, and perhaps reads",
      },
      {
        name: "ObjectStoreNearlyFull",
        expr: `${free} / ${total} < 0.15`,
        for: "10m",
        severity: "ticket",
        summary: "The object store has {{ $value | humanizePercentage }} of its space left",
      },
    ],
    panels: [
      { title: "Space left in the object store", unit: "percentunit", expr: `${free} / ${total}`, legend: "free" },
      {
        title: "Requests to the object store",
        unit: "reqps",
        expr: `sum by (api) (rate(minio_s3_requests_total{${own}}[5m]))`,
        legend: "{{api}}",
      },
      {
        title: "Drives of the object store that are away",
        unit: "short",
        expr: `max(minio_cluster_drive_offline_total{${own}})`,
        legend: "away",
      },
    ],
  };
}
