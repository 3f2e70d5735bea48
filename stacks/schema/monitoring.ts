import { z } from "zod";
import { bytes, hostName, resources, shortName } from "./common.ts";

const labelMap = (what: string) => z.record(z.string().min(1).max(317), z.string().max(63)).describe(what);

/** What both kinds have. */
const common = {
  intervalSeconds: z.int().min(5).max(300).default(30).describe("seconds between two readings of a metric: 5 to 300"),
  runbooks: z
    .string()
    .min(1)
    .default("docs/runbooks")
    .describe("address of the folder with the runbooks, which every alert carries"),
};

/** Key `archipel:monitoring`: who reads the metrics and raises alarms. */
export const monitoring = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("prometheus"),
      ...common,
      storage: bytes("volume of the metrics").default("10Gi"),
      retentionDays: z.int().min(1).max(3650).default(15).describe("days that metrics are kept: 1 to 3650"),
      alertmanagers: z
        .array(
          z.strictObject({
            host: hostName("host of the Alertmanager"),
            port: z.int().min(1).max(65535).default(9093).describe("its port"),
            scheme: z.enum(["https", "http"]).default("https").describe("https or http"),
          }),
        )
        .max(10)
        .default([])
        .describe("Alertmanagers that get the alarms; none: they are only seen in Prometheus"),
      resources: resources({ cpu: "50m", memory: "256Mi", memoryLimit: "1Gi" }),
    }),
    z.strictObject({
      kind: z.literal("operator"),
      ...common,
      namespace: shortName("namespace of the site's Prometheus").default("monitoring"),
      podLabels: labelMap("labels of the site's Prometheus pods, which the NetworkPolicies admit").default({
        "app.kubernetes.io/name": "prometheus",
      }),
      objectLabels: labelMap("labels by which the site's Prometheus selects monitors, probes and rules").default({
        release: "prometheus",
      }),
    }),
  ])
  .describe("who reads metrics and raises alarms: kind prometheus (the platform's own) or operator (the site has one)");

/** Monitoring as config describes it. */
export type MonitoringConfig = z.output<typeof monitoring>;
