import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ExporterPlan } from "../../stacks/exporterPlan.ts";
import type { ObjectsPlan } from "../../stacks/objectsPlan.ts";
import { shortHash } from "../hash.ts";
import { labels, selector } from "../labels.ts";
import { readersOf } from "../monitoring/monitored.ts";
import { podsService } from "../monitoring/podsService.ts";
import { allowFlows } from "../networkPolicy.ts";
import type { Platform } from "../platform.ts";
import { spreadPods } from "../pod.ts";
import { userSecretName } from "./names.ts";
import { copyCaSecret, copyKeySecret } from "./objectsCopy.ts";
import { keyFile, objectsPod } from "./objectsPod.ts";

/** Port of the exporter's metrics. */
export const OBJECTS_EXPORTER_PORT = 9180;

/** Labels that select its pod. */
export const exporterSelector = selector("exporter", "objects");

/** A client that lists names. */
const RESOURCES = { cpu: "10m", memory: "96Mi", memoryLimit: "256Mi" };

/** Arguments of ObjectsExporter. */
export interface ObjectsExporterArgs {
  /** The store. */
  plan: ObjectsPlan;
  /** Names of the exporter. */
  exporter: ExporterPlan;
  /** Where it stands. */
  platform: Platform;
}

/**
 * Looks from outside at a store that somebody else runs, each bucket with the key of one of its users, and at the age of its
 * second copy, and tells Prometheus.
 */
export class ObjectsExporter extends pulumi.ComponentResource {
  constructor(name: string, args: ObjectsExporterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("archipel:objects:ObjectsExporter", name, {}, opts);
    const { plan, exporter, platform } = args;
    const child = { parent: this };
    const namespace = platform.namespaces.data;
    const own = labels("exporter", "objects");
    const metadata = { name: exporter.name, namespace, labels: own };
    const config = metricsConfig(plan);
    const data = { "metrics.json": JSON.stringify(config, null, 2) };
    const matchLabels = exporterSelector;
    new k8s.core.v1.ConfigMap(`${name}-config`, { metadata, data }, child);
    const ports = { metrics: OBJECTS_EXPORTER_PORT };
    podsService(
      `${name}-service`,
      { service: exporter.name, namespace, labels: own, selector: matchLabels, ports, platform },
      child,
    );
    allowFlows(
      `${name}-policy`,
      {
        policy: exporter.name,
        namespace,
        podLabels: matchLabels,
        ingress: readersOf(platform, [OBJECTS_EXPORTER_PORT]),
        egress: [],
        worldPorts: [...new Set([...(config.site ? [plan.port] : []), ...(plan.copy ? [plan.copy.port] : [])])],
      },
      child,
    );
    const pod = {
      ...exporterPod(args, config),
      ...spreadPods("preferred", matchLabels),
      terminationGracePeriodSeconds: 30,
    };
    const template = {
      metadata: { labels: own, annotations: { "archipel.io/config-hash": shortHash(data) } },
      spec: pod,
    };
    new k8s.apps.v1.Deployment(name, { metadata, spec: { replicas: 1, selector: { matchLabels }, template } }, child);
    new k8s.policy.v1.PodDisruptionBudget(
      `${name}-budget`,
      { metadata, spec: { maxUnavailable: 1, selector: { matchLabels } } },
      child,
    );
    this.registerOutputs({});
  }
}

function exporterPod({ plan, exporter, platform }: ObjectsExporterArgs, { site }: MetricsConfig) {
  const { copy } = plan;
  const users = [...new Set((site?.buckets ?? []).map(({ user }) => user))];
  return objectsPod({
    platform,
    command: "metrics",
    configMap: exporter.name,
    keys: [
      ...users.map((user) => keyFile(userSecretName(plan, user), `users/${user}`)),
      ...(copy ? [keyFile(copyKeySecret(copy), "copy")] : []),
    ],
    cas: { ...(site && { site: plan.caSecret }), ...(copy && { copy: copyCaSecret(copy) }) },
    resources: RESOURCES,
    priorityClass: "data",
    server: { port: OBJECTS_EXPORTER_PORT, certificate: exporter.certificate },
  });
}

/** A store as the exporter opens it. */
interface Place {
  endpoint: string;
  region: string;
}

/** What is looked at; the program in the image `objects` reads it. */
interface MetricsConfig {
  site?: Place & { buckets: { name: string; user: string }[] };
  copy?: Place & { buckets: string[] };
}

/** What is looked at of a store; buckets that nobody uses are left out. */
function metricsConfig(plan: ObjectsPlan): MetricsConfig {
  const { copy } = plan;
  const buckets = plan.buckets.flatMap(({ name }) => {
    const user = plan.users.find(({ access }) => access.some(({ bucket }) => bucket === name));
    return user ? [{ name, user: user.name }] : [];
  });
  return {
    ...(plan.kind === "external" && { site: { endpoint: plan.endpoint, region: plan.region, buckets } }),
    ...(copy && {
      copy: { endpoint: copy.endpoint, region: copy.region, buckets: copy.pairs.map((pair) => pair.copy) },
    }),
  };
}
