import type { ExporterPlan } from "../../stacks/exporterPlan.ts";
import type { ObjectsPlan } from "../../stacks/objectsPlan.ts";
import { inNamespace, type Alert, type Monitored, type Panel } from "../monitoring/monitored.ts";
import { exporterSelector, OBJECTS_EXPORTER_PORT } from "./objectsExporter.ts";

const JOB = "objects";

/** What is seen of a store from outside, and of its second copy, and what must not be. */
export function objectsExporterMonitored(plan: ObjectsPlan, exporter: ExporterPlan, namespace: string): Monitored {
  const own = `${inNamespace(namespace)},job="${JOB}"`;
  const outside = plan.kind === "external";
  return {
    name: "objects-exporter",
    scrapes: [
      {
        job: JOB,
        namespace,
        podLabels: exporterSelector,
        hosts: [exporter.host],
        port: { name: "metrics", number: OBJECTS_EXPORTER_PORT },
        serverName: exporter.host,
      },
    ],
    alerts: [...(outside ? storeAlerts(own) : []), ...(plan.copy ? copyAlerts(own, plan.copy.maxAgeHours) : [])],
    panels: [...(outside ? storePanels(own) : []), ...(plan.copy ? copyPanels(own) : [])],
  };
}

const storeAlerts = (own: string): Alert[] => [
  {
    name: "ObjectBucketUnreachable",
    expr: `archipel_objects_bucket_answers{${own},store="site"} == 0`,
    for: "3m",
    severity: "page",
    summary: "The bucket {{ $labels.bucket }} does not answer to its user: apps that use it neither read nor write",
  },
];

const copyAlerts = (own: string, maxAgeHours: number): Alert[] => [
  {
    name: "ObjectsCopyTooOld",
    expr: `time() - (archipel_objects_copied_timestamp_seconds{${own}} > 0) > ${maxAgeHours * 3600}`,
    for: "5m",
    severity: "ticket",
    summary:
      "The second copy {{ $labels.bucket }} was complete {{ $value | humanizeDuration }} ago; what came since has no copy",
  },
  {
    name: "ObjectsCopyMissing",
    expr: `archipel_objects_copied_timestamp_seconds{${own}} == 0`,
    for: `${maxAgeHours}h`,
    severity: "ticket",
    summary: "The second copy {{ $labels.bucket }} was never complete: a lost object does not come back",
  },
  {
    name: "ObjectsCopyUnseen",
    expr: `archipel_objects_bucket_answers{${own},store="copy"} == 0`,
    for: "1h",
    severity: "ticket",
    summary: "The second copy {{ $labels.bucket }} does not answer: nobody knows how old it is, and nothing is copied",
  },
];

const storePanels = (own: string): Panel[] => [
  {
    title: "Time until a bucket answers",
    unit: "s",
    expr: `archipel_objects_answer_seconds{${own},store="site"}`,
    legend: "{{bucket}}",
  },
  {
    title: "Buckets that answer",
    unit: "short",
    expr: `archipel_objects_bucket_answers{${own},store="site"}`,
    legend: "{{bucket}}",
  },
];

const copyPanels = (own: string): Panel[] => [
  {
    title: "Age of the second copy",
    unit: "s",
    expr: `time() - (archipel_objects_copied_timestamp_seconds{${own}} > 0)`,
    legend: "{{bucket}}",
  },
];
