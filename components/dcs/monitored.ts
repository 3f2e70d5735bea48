import type { DcsPlan } from "../../stacks/plan.ts";
import { inNamespace, type Monitored } from "../monitoring/monitored.ts";
import { PORTS } from "./pods.ts";
import { voterSelector } from "./voter.ts";

const JOB = "etcd";

/** What is read of the DCS, and what must not be. */
export function dcsMonitored(plan: DcsPlan, namespace: string): Monitored {
  const own = `${inNamespace(namespace)},job="${JOB}"`;
  const hosts = plan.members.map(({ host }) => host);
  const pods = { namespace, podLabels: voterSelector };
  return {
    name: "dcs",
    scrapes: [{ ...pods, job: JOB, hosts, port: { name: "health", number: PORTS.health }, perMember: true }],
    tlsServers: hosts.map((host) => ({ ...pods, host, port: plan.port, podPort: PORTS.client })),
    alerts: [
      {
        name: "EtcdNoLeader",
        expr: `sum(etcd_server_has_leader{${own}} or vector(0)) < ${Math.floor(plan.members.length / 2) + 1}`,
        for: "1m",
        severity: "page",
        summary: "Too few voters of the DCS see a leader: a primary that fails now would not be replaced",
      },
      {
        name: "EtcdSpaceLow",
        expr: `etcd_mvcc_db_total_size_in_bytes{${own}} / etcd_server_quota_backend_bytes{${own}} > 0.8`,
        for: "10m",
        severity: "ticket",
        summary: "The database of {{ $labels.member }} fills its quota to {{ $value | humanizePercentage }}",
      },
    ],
    panels: [
      {
        title: "Elections of the DCS",
        unit: "short",
        expr: `changes(etcd_server_leader_changes_seen_total{${own}}[10m])`,
        legend: "{{member}}",
      },
      {
        title: "Time to write the DCS's log to disk (p99)",
        unit: "s",
        expr: `histogram_quantile(0.99, sum by (member, le) (rate(etcd_disk_wal_fsync_duration_seconds_bucket{${own}}[5m])))`,
        legend: "{{member}}",
      },
      {
        title: "Size of the DCS",
        unit: "bytes",
        expr: `etcd_mvcc_db_total_size_in_bytes{${own}}`,
        legend: "{{member}}",
      },
    ],
  };
}
