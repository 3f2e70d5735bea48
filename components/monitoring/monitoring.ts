import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { MonitoringPlan } from "../../stacks/plan.ts";
import { labels } from "../labels.ts";
import type { Platform } from "../platform.ts";
import { dashboard } from "./dashboard.ts";
import type { Monitored } from "./monitored.ts";
import { OperatorMonitoring } from "./operator.ts";
import { monitoringSelector } from "./pods.ts";
import { certificatesMonitored, prober } from "./prober.ts";
import { Prometheus } from "./prometheus.ts";

/** A kind of monitoring. */
type Kind = MonitoringPlan["kind"];

/** Arguments of every kind of monitoring. */
export interface MonitoringArgs<K extends Kind = Kind> {
  /** Monitoring, as planned. */
  plan: MonitoringPlan & { kind: K };
  /** Where it stands. */
  platform: Platform;
  /** What the services tell about themselves. */
  services: Monitored[];
}

/** The pods that read metrics: Prometheus, the platform's or the site's, and the prober. */
export function metricsReaders(plan: MonitoringPlan, namespace: string): Platform["metricsReaders"] {
  const server =
    plan.kind === "prometheus"
      ? { namespace, podLabels: monitoringSelector("prometheus") }
      : { namespace: plan.namespace, podLabels: plan.podLabels };
  return [server, { namespace, podLabels: monitoringSelector("prober") }];
}

/** A component that reads metrics and raises alarms. */
type MonitoringKind<K extends Kind> = new (
  name: string,
  args: MonitoringArgs<K>,
  opts?: pulumi.ComponentResourceOptions,
) => pulumi.ComponentResource;

/** Every kind. A new one is one file and one line here. */
const kinds: { [K in Kind]: MonitoringKind<K> } = { prometheus: Prometheus, operator: OperatorMonitoring };

/** Makes whatever reads the site's metrics, with a dashboard and a prober of certificates. */
export function createMonitoring<K extends Kind>(
  name: string,
  args: MonitoringArgs<K>,
  opts: pulumi.ComponentResourceOptions,
): void {
  const { plan, platform } = args;
  const servers = args.services.flatMap(({ tlsServers = [] }) => tlsServers);
  const certificates = certificatesMonitored(plan.lifetimeHours, platform.namespaces.data);
  const services = [...args.services, certificates];
  const component = new kinds[plan.kind](name, { ...args, services }, opts);
  const child = { parent: component };
  prober(`${name}-prober`, { plan, platform, servers }, child);
  dashboardConfigMap(`${name}-dashboard`, { ...args, services }, child);
}

/** Grafana's sidecar loads every ConfigMap with this label. */
function dashboardConfigMap(
  name: string,
  { plan, platform, services }: MonitoringArgs,
  opts: pulumi.CustomResourceOptions,
) {
  const title = `${platform.namespaces.data} platform`;
  new k8s.core.v1.ConfigMap(
    name,
    {
      metadata: {
        name: `${plan.name}-dashboard`,
        namespace: platform.namespaces.data,
        labels: { ...labels("monitoring", "dashboard"), grafana_dashboard: "1" },
      },
      data: { "archipel.json": `${JSON.stringify(dashboard(title, services), null, 1)}\n` },
    },
    opts,
  );
}
