import type { types } from "@pulumi/kubernetes";
import type { MonitoringPlan } from "../../stacks/plan.ts";
import { labels, selector } from "../labels.ts";
import type { Platform } from "../platform.ts";
import { memoryVolume, platformPod } from "../pod.ts";

type PodSpec = types.input.core.v1.PodSpec;

/** User of the prometheus image. */
const UID = 10007;

/** Port of Prometheus, over TLS. */
export const PROMETHEUS_PORT = 9090;

/** Folder of the certificate, with the authority's own. */
export const TLS = "/tls/server";

/** Folder of what is mounted from the ConfigMap. */
export const CONFIG = "/etc/monitoring";

/** Labels of Prometheus and of the prober. */
export const monitoringLabels = (component: "prometheus" | "prober"): Record<string, string> =>
  labels("monitoring", component);

/** Labels that select their pods. */
export const monitoringSelector = (component: "prometheus" | "prober"): Record<string, string> =>
  selector("monitoring", component);

/** What the pods of monitoring have in common, with their certificate and configuration. */
export function basePod(plan: MonitoringPlan, platform: Platform, configMap: string): PodSpec {
  return {
    ...platformPod(platform, "data", UID),
    terminationGracePeriodSeconds: 60,
    containers: [],
    volumes: [
      { name: "config", configMap: { name: configMap } },
      { name: "tls", secret: { secretName: plan.certificate, defaultMode: 0o440 } },
      memoryVolume("tmp", "16Mi"),
    ],
  };
}

/** Where the volumes of `basePod` are. */
export const baseMounts: types.input.core.v1.VolumeMount[] = [
  { name: "config", mountPath: CONFIG, readOnly: true },
  { name: "tls", mountPath: TLS, readOnly: true },
  { name: "tmp", mountPath: "/tmp" },
];

/** What a server of Prometheus' family is told about TLS; it reads the files anew for every connection. */
export const webConfig = { tls_server_config: { cert_file: `${TLS}/tls.crt`, key_file: `${TLS}/tls.key` } };
