import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import type { ExternalDatabasePlan } from "../../stacks/plan.ts";
import { shortHash } from "../hash.ts";
import { podsService } from "../monitoring/podsService.ts";
import type { Platform } from "../platform.ts";
import { containerResources, memoryVolume, restrictedContainer, spreadPods, withInit } from "../pod.ts";
import { passwordEnv } from "./accounts.ts";
import { accountSecret, externalCaSecret } from "./names.ts";
import { QUERIES_FILE, QUERIES_FOLDER } from "./metrics.ts";
import { basePod, certificateVolume, podLabels, podSelector } from "./pods.ts";

/** Port of the exporter's metrics. */
export const EXPORTER_PORT = 9187;

/** Folder of the exporter's own certificate. */
const TLS = "/tls/server";

/** Folder of the CA that vouches for the PostgreSQL server. */
const SERVER_CA = "/tls/external";

/**
 * What the exporter asks beside what it knows by itself: how the server archives its WAL. A server that archives nothing
 * fails at it; a replica archives nothing, and is not asked.
 */
const queries = stringify({
  archipel_archive: {
    query: `
      SELECT (NOT pg_is_in_recovery() AND (current_setting('archive_mode') = 'off'
        OR coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false)))::int AS failing
      FROM pg_stat_archiver`,
    metrics: [{ failing: { usage: "GAUGE", description: "Whether WAL is not archived" } }],
  },
});

/** What reads the metrics of a server, from outside of it. */
export function externalExporter(
  name: string,
  { plan, platform }: { plan: ExternalDatabasePlan; platform: Platform },
  opts: pulumi.CustomResourceOptions,
): void {
  const namespace = platform.namespaces.data;
  const labels = podLabels(plan, "exporter");
  const matchLabels = podSelector(plan, "exporter");
  const metadata = { name: plan.exporter.name, namespace, labels };
  const data = { [QUERIES_FILE]: plan.backup === "none" ? "{}\n" : queries };
  new k8s.core.v1.ConfigMap(`${name}-queries`, { metadata, data }, opts);
  podsService(
    `${name}-service`,
    {
      service: plan.exporter.name,
      namespace,
      labels,
      selector: matchLabels,
      ports: { metrics: EXPORTER_PORT },
      platform,
    },
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
          metadata: { labels, annotations: { "archipel.io/config-hash": shortHash(data) } },
          spec: exporterPod({ plan, platform }),
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
}

function exporterPod({
  plan,
  platform,
}: {
  plan: ExternalDatabasePlan;
  platform: Platform;
}): k8s.types.input.core.v1.PodSpec {
  const answers = { tcpSocket: { port: "metrics" }, timeoutSeconds: 3 };
  return {
    ...basePod(platform),
    ...spreadPods("preferred", podSelector(plan, "exporter")),
    terminationGracePeriodSeconds: 10,
    containers: [
      {
        ...restrictedContainer,
        name: "exporter",
        image: platform.images("patroni"),
        command: withInit("metrics-start", "external"),
        ports: [{ name: "metrics", containerPort: EXPORTER_PORT }],
        env: [
          {
            name: "DATA_SOURCE_URI",
            value: `${plan.host}:${plan.port}/postgres?sslmode=verify-full&sslrootcert=${SERVER_CA}/ca.crt`,
          },
          {
            name: "DATA_SOURCE_USER",
            valueFrom: { secretKeyRef: { name: accountSecret(plan, "monitor"), key: "username" } },
          },
          passwordEnv("DATA_SOURCE_PASS", plan, "monitor"),
          { name: "METRICS_TLS", value: TLS },
          { name: "METRICS_QUERIES", value: `${QUERIES_FOLDER}/${QUERIES_FILE}` },
        ],
        resources: containerResources(plan.resources),
        startupProbe: { ...answers, periodSeconds: 1, failureThreshold: 60 },
        livenessProbe: { ...answers, periodSeconds: 10, failureThreshold: 6 },
        readinessProbe: { ...answers, periodSeconds: 5, failureThreshold: 3 },
        volumeMounts: [
          { name: "tls", mountPath: TLS, readOnly: true },
          { name: "external-ca", mountPath: SERVER_CA, readOnly: true },
          { name: "queries", mountPath: QUERIES_FOLDER, readOnly: true },
          { name: "run", mountPath: "/run" },
        ],
      },
    ],
    volumes: [
      certificateVolume("tls", plan.exporter.certificate),
      { name: "external-ca", secret: { secretName: externalCaSecret(plan), defaultMode: 0o440 } },
      { name: "queries", configMap: { name: plan.exporter.name } },
      memoryVolume("run", "8Mi"),
    ],
  };
}
