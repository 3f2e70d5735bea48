import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import type { MonitoringPlan } from "../../stacks/plan.ts";
import { shortHash } from "../hash.ts";
import { allowFlows } from "../networkPolicy.ts";
import type { Platform } from "../platform.ts";
import { containerResources, restrictedContainer, smallResources, spreadPods } from "../pod.ts";
import { inNamespace, readersOf, type Alert, type Monitored, type TlsServer } from "./monitored.ts";
import { baseMounts, basePod, CONFIG, monitoringLabels, monitoringSelector, TLS, webConfig } from "./pods.ts";

/** Port of the prober. */
export const PROBER_PORT = 9115;

/** Value of the label `job` of what the prober finds. */
export const PROBER_JOB = "certificates";

/** How a server is looked at; its name is part of the request. */
export const PROBER_MODULE = "tls";

/** Arguments of prober. */
export interface ProberArgs {
  /** Monitoring. */
  plan: MonitoringPlan;
  /** Where it stands. */
  platform: Platform;
  /** The servers that it may reach. */
  servers: TlsServer[];
}

/** Opens TLS connections as a client would and says until when the servers' certificates are valid. */
export function prober(
  name: string,
  { plan, platform, servers }: ProberArgs,
  opts: pulumi.CustomResourceOptions,
): void {
  const namespace = platform.namespaces.data;
  const own = monitoringLabels("prober");
  const matchLabels = monitoringSelector("prober");
  const metadata = { name: plan.prober.name, namespace, labels: own };
  const data = { "prober.yml": stringify(proberConfig), "web.yml": stringify(webConfig) };
  new k8s.core.v1.ConfigMap(`${name}-config`, { metadata, data }, opts);
  new k8s.core.v1.Service(
    `${name}-service`,
    { metadata, spec: { selector: matchLabels, ports: [{ name: "probe", port: PROBER_PORT, targetPort: "probe" }] } },
    opts,
  );
  new k8s.apps.v1.Deployment(
    name,
    {
      metadata,
      spec: {
        replicas: 1,
        selector: { matchLabels },
        template: {
          metadata: { labels: own, annotations: { "archipel.io/config-hash": shortHash(data) } },
          spec: {
            ...basePod(plan, platform, plan.prober.name),
            ...spreadPods("preferred", matchLabels),
            containers: [proberContainer(platform)],
          },
        },
      },
    },
    opts,
  );
  new k8s.policy.v1.PodDisruptionBudget(
    `${name}-budget`,
    { metadata, spec: { maxUnavailable: 1, selector: { matchLabels } } },
    opts,
  );
  allowFlows(
    `${name}-policy`,
    {
      policy: plan.prober.name,
      namespace,
      podLabels: matchLabels,
      ingress: readersOf(platform, [PROBER_PORT]),
      egress: servers.map((server) => ({ ...server, ports: [server.podPort] })),
    },
    opts,
  );
}

/** The certificate alone is looked at: nothing is sent, so nothing has to be trusted, and an outdated one is seen too. */
const proberConfig = {
  modules: {
    [PROBER_MODULE]: {
      prober: "tcp",
      timeout: "5s",
      tcp: {
        tls: true,
        tls_config: { insecure_skip_verify: true, cert_file: `${TLS}/tls.crt`, key_file: `${TLS}/tls.key` },
      },
    },
  },
};

function proberContainer(platform: Platform): k8s.types.input.core.v1.Container {
  const probe = { httpGet: { path: "/-/healthy", port: "probe", scheme: "HTTPS" }, timeoutSeconds: 3 };
  return {
    ...restrictedContainer,
    name: "prober",
    image: platform.images("prometheus"),
    command: [
      "prometheus-blackbox-exporter",
      `--config.file=${CONFIG}/prober.yml`,
      `--web.config.file=${CONFIG}/web.yml`,
      `--web.listen-address=:${PROBER_PORT}`,
      "--log.level=warn",
    ],
    ports: [{ name: "probe", containerPort: PROBER_PORT }],
    resources: containerResources(smallResources),
    startupProbe: { ...probe, periodSeconds: 1, failureThreshold: 60 },
    livenessProbe: { ...probe, periodSeconds: 10, failureThreshold: 6 },
    readinessProbe: { ...probe, periodSeconds: 10, failureThreshold: 3 },
    volumeMounts: baseMounts,
  };
}

/**
 * What the prober finds, and what must not be.
 *
 * @param lifetimeHours hours for which the platform's certificates are valid; they are renewed when a third is left.
 * @param namespace namespace of the prober, which its findings carry as a label.
 */
export function certificatesMonitored(lifetimeHours: number, namespace: string): Monitored {
  const own = `${inNamespace(namespace)},job="${PROBER_JOB}"`;
  const left = `probe_ssl_earliest_cert_expiry{${own}} - time()`;
  return {
    name: "certificates",
    scrapes: [],
    alerts: certificateAlerts(lifetimeHours, own),
    panels: [{ title: "Time until certificates end", unit: "s", expr: left, legend: "{{instance}}" }],
  };
}

const certificateAlerts = (lifetimeHours: number, own: string): Alert[] => [
  {
    name: "CertificateEnding",
    expr: `probe_ssl_earliest_cert_expiry{${own}} - time() < ${Math.floor((lifetimeHours * 3600) / 5)}`,
    for: "5m",
    severity: "page",
    summary: "The certificate of {{ $labels.instance }} ends in {{ $value | humanizeDuration }} and was not renewed",
  },
  {
    name: "CertificateUnseen",
    expr: `probe_success{${own}} == 0`,
    for: "10m",
    severity: "ticket",
    summary: "{{ $labels.instance }} speaks no TLS to the prober, so nobody knows until when its certificate is valid",
  },
];
