import { MONITORS, appLabel } from "./cephCluster.ts";
import { gatewaySelector } from "./cephGateway.ts";
import { METRICS_PORT } from "./cephPolicies.ts";
import { serviceHost } from "../../stacks/names.ts";
import type { CephPlan } from "../../stacks/cephPlan.ts";
import { inNamespace, type Monitored } from "../monitoring/monitored.ts";

const JOB = "ceph";

/** Service that gives DNS the addresses of the managers, which have the metrics of all of Ceph. */
export const METRICS_SERVICE = "ceph-metrics";

/** What is read of Ceph, and what must not be. Of two managers only the active one says anything. */
export function cephMonitored(plan: CephPlan): Monitored {
  const { namespace } = plan;
  const own = `${inNamespace(namespace)},job="${JOB}"`;
  const health = `max(ceph_health_status{${own}})`;
  const used = `max(ceph_cluster_total_used_raw_bytes{${own}}) / max(ceph_cluster_total_bytes{${own}})`;
  const pods = { namespace, podLabels: gatewaySelector(plan) };
  return {
    name: "ceph",
    scrapes: [
      {
        namespace,
        podLabels: appLabel("mgr"),
        job: JOB,
        hosts: [serviceHost(METRICS_SERVICE, namespace)],
        port: { name: "http-metrics", number: METRICS_PORT },
      },
    ],
    tlsServers: [{ ...pods, host: plan.host, port: plan.port, podPort: plan.port }],
    alerts: [
      {
        name: "CephHealthError",
        expr: `${health} == 2`,
        for: "1m",
        severity: "page",
        summary: "Ceph calls its own state an error: data is in danger, or cannot be reached",
      },
      {
        name: "CephHealthWarning",
        expr: `${health} == 1`,
        for: "15m",
        severity: "ticket",
        summary: "Ceph warns: it works, but something wants to be looked at",
      },
      {
        name: "CephUnseen",
        expr: `absent(ceph_health_status{${own}})`,
        for: "5m",
        severity: "page",
        summary: "No manager of Ceph says how it is: nothing of it is watched",
      },
      {
        name: "CephMonitorAway",
        expr: `sum(ceph_mon_quorum_status{${own}}) < ${MONITORS}`,
        for: "5m",
        severity: "page",
        summary: `{{ $value }} of ${MONITORS} monitors of Ceph agree; with one, all volumes and buckets stand still`,
      },
      {
        name: "CephOsdDown",
        expr: `count(ceph_osd_up{${own}} == 0) > 0`,
        for: "5m",
        severity: "ticket",
        summary: "{{ $value }} devices of Ceph are down; their data is copied anew from the others",
      },
      {
        name: "CephDataUnavailable",
        expr: `sum(ceph_pg_total{${own}}) - sum(ceph_pg_active{${own}}) > 0`,
        for: "5m",
        severity: "page",
        summary: "{{ $value }} placement groups of Ceph take no requests: parts of volumes and buckets stand still",
      },
      {
        name: "CephNearlyFull",
        expr: `${used} > 0.75`,
        for: "10m",
        severity: "ticket",
        summary:
          "{{ $value | humanizePercentage }} of Ceph's space is used; at 85 % it warns, at 95 % it takes no writes",
      },
    ],
    panels: [
      { title: "Health of Ceph (0 good, 1 warning, 2 error)", unit: "short", expr: health, legend: "health" },
      { title: "Space used in Ceph", unit: "percentunit", expr: used, legend: "used" },
      {
        title: "Devices of Ceph that are up",
        unit: "short",
        expr: `sum(ceph_osd_up{${own}})`,
        legend: "up",
      },
      {
        title: "Writes to Ceph",
        unit: "Bps",
        expr: `sum by (pool_id) (rate(ceph_pool_wr_bytes{${own}}[5m]))`,
        legend: "{{pool_id}}",
      },
    ],
  };
}
