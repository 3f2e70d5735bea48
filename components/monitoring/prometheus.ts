import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { toBytes } from "../../stacks/bytes.ts";
import { dataVolume } from "../data.ts";
import { shortHash } from "../hash.ts";
import { makeMember } from "../member.ts";
import { allowFlows } from "../networkPolicy.ts";
import type { Platform } from "../platform.ts";
import { containerResources, restrictedContainer, spreadPods } from "../pod.ts";
import type { Monitored } from "./monitored.ts";
import type { MonitoringArgs } from "./monitoring.ts";
import { baseMounts, basePod, CONFIG, monitoringLabels, monitoringSelector, PROMETHEUS_PORT } from "./pods.ts";
import { PROBER_PORT } from "./prober.ts";
import { prometheusFiles, type PrometheusPlan } from "./prometheusConfig.ts";

const DATA = "/var/lib/prometheus";

/** Part of the volume that metrics may fill: the rest is for what is written before old blocks are removed. */
const FILL = 0.8;

/** The platform's own Prometheus: one server that reads every service's metrics and raises the alarms. */
export class Prometheus extends pulumi.ComponentResource {
  constructor(name: string, args: MonitoringArgs<"prometheus">, opts?: pulumi.ComponentResourceOptions) {
    super("archipel:monitoring:Prometheus", name, {}, opts);
    const child = { parent: this };
    const { plan, platform, services } = args;
    const namespace = platform.namespaces.data;
    const own = monitoringLabels("prometheus");
    const base = basePod(plan, platform, plan.name);
    const files = prometheusFiles(plan, namespace, services);
    new k8s.core.v1.ConfigMap(
      `${name}-config`,
      { metadata: { name: plan.name, namespace, labels: own }, data: files },
      child,
    );
    dataVolume(`${name}-data`, { claim: plan.claim, labels: own, size: plan.storage, platform }, child);
    makeMember(
      `${name}-server`,
      {
        member: plan.name,
        platform,
        labels: own,
        selector: monitoringSelector("prometheus"),
        ports: { https: PROMETHEUS_PORT },
        podMetadata: { annotations: { "archipel.io/config-hash": shortHash(files) } },
        pod: {
          ...base,
          ...spreadPods("preferred", monitoringSelector("prometheus")),
          containers: [prometheusContainer(plan, platform)],
          volumes: [
            ...(base.volumes as k8s.types.input.core.v1.Volume[]),
            { name: "data", persistentVolumeClaim: { claimName: plan.claim } },
          ],
        },
      },
      child,
    );
    new k8s.policy.v1.PodDisruptionBudget(
      `${name}-budget`,
      {
        metadata: { name: plan.name, namespace, labels: own },
        spec: { maxUnavailable: 1, selector: { matchLabels: monitoringSelector("prometheus") } },
      },
      child,
    );
    prometheusPolicy(`${name}-policy`, { plan, platform, services }, child);
    this.registerOutputs({});
  }
}

function prometheusContainer(plan: PrometheusPlan, platform: Platform): k8s.types.input.core.v1.Container {
  const probe = (path: string) => ({ httpGet: { path, port: "https", scheme: "HTTPS" }, timeoutSeconds: 3 });
  return {
    ...restrictedContainer,
    name: "prometheus",
    image: platform.images("prometheus"),
    command: [
      "prometheus",
      `--config.file=${CONFIG}/prometheus.yml`,
      `--web.config.file=${CONFIG}/web.yml`,
      `--web.listen-address=:${PROMETHEUS_PORT}`,
      `--storage.tsdb.path=${DATA}`,
      `--storage.tsdb.retention.time=${plan.retentionDays}d`,
      `--storage.tsdb.retention.size=${Math.floor((toBytes(plan.storage) * FILL) / 2 ** 20)}MB`,
      "--log.level=warn",
    ],
    ports: [{ name: "https", containerPort: PROMETHEUS_PORT }],
    resources: containerResources(plan.resources),
    // It reads what it had not yet written in blocks before it is ready.
    startupProbe: { ...probe("/-/ready"), periodSeconds: 1, failureThreshold: 600 },
    livenessProbe: { ...probe("/-/healthy"), periodSeconds: 10, failureThreshold: 6 },
    readinessProbe: { ...probe("/-/ready"), periodSeconds: 10, failureThreshold: 3 },
    volumeMounts: [...baseMounts, { name: "data", mountPath: DATA }],
  };
}

/** It reaches the ports with metrics, the prober and the Alertmanagers; people come through `kubectl port-forward`. */
function prometheusPolicy(
  name: string,
  { plan, platform, services }: { plan: PrometheusPlan; platform: Platform; services: Monitored[] },
  opts: pulumi.CustomResourceOptions,
): void {
  const namespace = platform.namespaces.data;
  const scrapes = services.flatMap((one) => one.scrapes);
  allowFlows(
    name,
    {
      policy: plan.name,
      namespace,
      podLabels: monitoringSelector("prometheus"),
      ingress: [],
      egress: [
        ...scrapes.map(({ namespace: of, podLabels, port }) => ({ namespace: of, podLabels, ports: [port.number] })),
        { namespace, podLabels: monitoringSelector("prober"), ports: [PROBER_PORT] },
      ],
      worldPorts: [...new Set(plan.alertmanagers.map(({ port }) => port))],
    },
    opts,
  );
}
