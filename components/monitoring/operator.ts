import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { labels } from "../labels.ts";
import type { Scrape } from "./monitored.ts";
import type { MonitoringArgs } from "./monitoring.ts";
import { PROBER_JOB, PROBER_MODULE, PROBER_PORT } from "./prober.ts";
import { ruleGroups } from "./rules.ts";

const API = "monitoring.coreos.com/v1";
const own = labels("monitoring", "operator");

/** Objects for the Prometheus that the site has already, under its operator: what to read and when to raise alarms. */
export class OperatorMonitoring extends pulumi.ComponentResource {
  constructor(name: string, args: MonitoringArgs<"operator">, opts?: pulumi.ComponentResourceOptions) {
    super("archipel:monitoring:OperatorMonitoring", name, {}, opts);
    const { plan, platform, services } = args;
    const object = (resource: string, kind: string, objectName: string, spec: object): void => {
      const metadata = {
        name: objectName,
        namespace: platform.namespaces.data,
        labels: { ...own, ...plan.objectLabels },
      };
      new k8s.apiextensions.CustomResource(
        `${name}-${resource}`,
        { apiVersion: API, kind, metadata, spec },
        { parent: this },
      );
    };
    const interval = `${plan.intervalSeconds}s`;
    // Read by reference from the Secret of a certificate in the objects' own namespace.
    const ca = { secret: { name: plan.certificate, key: "ca.crt" } };
    for (const scrape of services.flatMap(({ scrapes }) => scrapes)) {
      object(scrape.job, "PodMonitor", scrape.job, podMonitor(scrape, interval, ca));
    }
    const servers = services.flatMap(({ tlsServers = [] }) => tlsServers);
    if (servers.length > 0) {
      object("probe", "Probe", PROBER_JOB, {
        jobName: PROBER_JOB,
        interval,
        module: PROBER_MODULE,
        prober: { url: `${plan.prober.host}:${PROBER_PORT}`, scheme: "https", path: "/probe" },
        tlsConfig: { ca, serverName: plan.prober.host },
        targets: {
          staticConfig: {
            static: servers.map(({ host, port }) => `${host}:${port}`),
            labels: { namespace: platform.namespaces.data },
          },
        },
      });
    }
    object("rules", "PrometheusRule", plan.name, { groups: ruleGroups(services, plan.runbooks) });
    this.registerOutputs({});
  }
}

/** The operator finds pods by label; what it calls them is brought to the names that rules and panels use. */
function podMonitor(
  { job, namespace, podLabels, port, path, serverName, labels: more = {}, perMember }: Scrape,
  interval: string,
  ca: object,
) {
  return {
    namespaceSelector: { matchNames: [namespace] },
    selector: { matchLabels: podLabels },
    podMetricsEndpoints: [
      {
        port: port.name,
        path: path ?? "/metrics",
        interval,
        ...(serverName ? { scheme: "https", tlsConfig: { ca, serverName } } : { scheme: "http" }),
        relabelings: [
          ...Object.entries({ job, ...more }).map(([targetLabel, replacement]) => ({ targetLabel, replacement })),
          ...(perMember
            ? [{ sourceLabels: ["__meta_kubernetes_pod_label_archipel_io_member"], targetLabel: "member" }]
            : []),
        ],
      },
    ],
  };
}
