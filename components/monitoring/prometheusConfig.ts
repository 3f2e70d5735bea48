import { stringify } from "yaml";
import type { MonitoringPlan } from "../../stacks/plan.ts";
import type { Monitored, Scrape, TlsServer } from "./monitored.ts";
import { CONFIG, TLS, webConfig } from "./pods.ts";
import { PROBER_JOB, PROBER_MODULE, PROBER_PORT } from "./prober.ts";
import { ruleGroups } from "./rules.ts";

/** A plan of the kind `prometheus`. */
export type PrometheusPlan = MonitoringPlan & { kind: "prometheus" };

const site = { ca_file: `${TLS}/ca.crt` };

/**
 * Prometheus' files by name: `prometheus.yml`, `rules.yml` and `web.yml`. The same plan gives the same bytes.
 *
 * @param namespace where the prober stands.
 */
export function prometheusFiles(
  plan: PrometheusPlan,
  namespace: string,
  services: Monitored[],
): Record<string, string> {
  const interval = `${plan.intervalSeconds}s`;
  const servers = services.flatMap(({ tlsServers = [] }) => tlsServers);
  return {
    "prometheus.yml": stringify({
      global: { scrape_interval: interval, evaluation_interval: interval, external_labels: plan.externalLabels },
      rule_files: [`${CONFIG}/rules.yml`],
      ...(plan.alertmanagers.length > 0 && { alerting: { alertmanagers: plan.alertmanagers.map(alertmanager) } }),
      scrape_configs: [
        ...services.flatMap(({ scrapes }) => scrapes.map(scrapeJob)),
        ...(servers.length > 0 ? [proberJob(plan, namespace, servers)] : []),
      ],
    }),
    "rules.yml": stringify({ groups: ruleGroups(services, plan.runbooks) }),
    "web.yml": stringify(webConfig),
  };
}

const alertmanager = ({ host, port, scheme }: PrometheusPlan["alertmanagers"][number]): object => ({
  scheme,
  static_configs: [{ targets: [`${host}:${port}`] }],
});

/** Pods are found by DNS: it needs no account at the API server, and goes on while that is away. */
const scrapeJob = ({ job, namespace, hosts, port, path, serverName, labels = {}, perMember }: Scrape): object => ({
  job_name: job,
  ...(path && { metrics_path: path }),
  ...(serverName && { scheme: "https", tls_config: { ...site, server_name: serverName } }),
  dns_sd_configs: [{ names: hosts, type: "A", port: port.number, refresh_interval: "10s" }],
  relabel_configs: [
    ...Object.entries({ namespace, ...labels }).map(([target_label, replacement]) => ({ target_label, replacement })),
    ...(perMember ? [{ source_labels: ["__meta_dns_name"], regex: "([^.]+)[.].*", target_label: "member" }] : []),
  ],
});

const proberJob = ({ prober }: PrometheusPlan, namespace: string, servers: TlsServer[]): object => ({
  job_name: PROBER_JOB,
  metrics_path: "/probe",
  params: { module: [PROBER_MODULE] },
  scheme: "https",
  tls_config: site,
  static_configs: [{ targets: servers.map(({ host, port }) => `${host}:${port}`) }],
  relabel_configs: [
    { source_labels: ["__address__"], target_label: "__param_target" },
    { source_labels: ["__address__"], target_label: "instance" },
    { target_label: "__address__", replacement: `${prober.host}:${PROBER_PORT}` },
    { target_label: "namespace", replacement: namespace },
  ],
});
