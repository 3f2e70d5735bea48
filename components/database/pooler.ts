import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { DatabasePlan } from "../../stacks/plan.ts";
import { shortHash } from "../hash.ts";
import { isMeasured } from "../monitoring/monitored.ts";
import { podsService } from "../monitoring/podsService.ts";
import type { Platform } from "../platform.ts";
import { containerResources, memoryVolume, restrictedContainer, smallResources, spreadPods, withInit } from "../pod.ts";
import { accountSecret } from "./names.ts";
import { POOLER_METRICS, poolerMetrics } from "./metrics.ts";
import { PGPOOL, PGPOOL_CLIENTS, pgpoolConfig, pgpoolOf } from "./pgpool.ts";
import { basePod, certificateVolume, podLabels, podSelector } from "./pods.ts";
import type { PROXY_PORTS } from "./poolerConfig.ts";
import {
  databaseTarget,
  HEALTH_PORT,
  pgbouncerConfig,
  POOLER_TLS,
  primaryName,
  PROXY_ADDRESS,
  proxyConfig,
  READ_PORT,
} from "./poolerConfig.ts";

type Container = k8s.types.input.core.v1.Container;

/** Seconds that clients may go on after the pod was told to stop, before they are sent away. */
const DRAIN_SECONDS = 15;

/** Seconds that a PgBouncer waits for its own login, before it lets clients in all the same: they wait then. */
const LOGIN_SECONDS = 60;

/** Folder of the account that looks up the clients' verifiers. */
const ACCOUNT_FOLDER = "/secrets/account";

const CONFIG_FOLDER = "/etc/pooler";

/** Arguments of databasePooler. */
export interface PoolerArgs {
  /** The database. */
  plan: DatabasePlan;
  /** Where it stands. */
  platform: Platform;
}

/** The pooler, where clients connect, each pod with a proxy that knows where the primary and the replicas are. */
export function databasePooler(name: string, args: PoolerArgs, opts: pulumi.CustomResourceOptions): void {
  const { plan, platform } = args;
  const { service, port, replicas } = plan.pooler;
  const metadata = { name: service, namespace: platform.namespaces.data, labels: podLabels(plan, "pooler") };
  const matchLabels = podSelector(plan, "pooler");
  const pgpool = pgpoolOf(plan);
  const data = {
    ...(pgpool
      ? { "pgpool.conf": pgpoolConfig(plan, pgpool), "pool_hba.conf": PGPOOL_CLIENTS }
      : { "primary.ini": pgbouncerConfig(plan, "primary") }),
    "replica.ini": pgbouncerConfig(plan, "replica"),
    "proxy.cfg": proxyConfig(plan),
  };
  new k8s.core.v1.ConfigMap(`${name}-config`, { metadata, data }, opts);
  new k8s.core.v1.Service(
    `${name}-service`,
    {
      metadata,
      spec: {
        selector: matchLabels,
        ports: [
          { name: "postgres", port, targetPort: "write" },
          { name: "postgres-read", port: READ_PORT, targetPort: "read" },
        ],
      },
    },
    opts,
  );
  podsService(
    `${name}-pods-service`,
    {
      service: poolerPods(plan),
      namespace: platform.namespaces.data,
      labels: metadata.labels,
      selector: matchLabels,
      ports: POOLER_METRICS,
      platform,
    },
    opts,
  );
  new k8s.apps.v1.Deployment(
    name,
    {
      metadata,
      spec: {
        replicas,
        selector: { matchLabels },
        // One more before one less; where every node holds one already, one less first.
        strategy: {
          rollingUpdate:
            plan.pooler.spread === "required" ? { maxSurge: 0, maxUnavailable: 1 } : { maxSurge: 1, maxUnavailable: 0 },
        },
        template: {
          metadata: { labels: metadata.labels, annotations: { "archipel.io/config-hash": shortHash(data) } },
          spec: poolerPod(args),
        },
      },
    },
    opts,
  );
  if (replicas > 1) {
    new k8s.policy.v1.PodDisruptionBudget(
      `${name}-budget`,
      { metadata, spec: { maxUnavailable: 1, selector: { matchLabels } } },
      opts,
    );
  }
}

/** Name of the headless Service by which the pods are found one by one. */
export const poolerPods = (plan: DatabasePlan): string => `${plan.pooler.service}-pods`;

function poolerPod({ plan, platform }: PoolerArgs): k8s.types.input.core.v1.PodSpec {
  const measured = isMeasured(platform);
  const pgpool = pgpoolOf(plan) !== undefined;
  const pgbouncers = pgpool ? ["pgbouncer-read"] : ["pgbouncer", "pgbouncer-read"];
  const scratch = ["proxy", ...(pgpool ? [PGPOOL] : []), ...pgbouncers, ...(measured ? ["metrics"] : [])];
  return {
    ...basePod(platform),
    ...spreadPods(plan.pooler.spread, podSelector(plan, "pooler")),
    terminationGracePeriodSeconds: DRAIN_SECONDS + 45,
    // The name that stands in the members' certificates leads to the proxy, so that PgBouncer can verify them in full.
    hostAliases: [{ ip: PROXY_ADDRESS, hostnames: [primaryName(plan)] }],
    // It starts before PgBouncer and ends after it.
    initContainers: [
      { ...proxyContainer(platform), restartPolicy: "Always" },
      ...(measured ? [poolerMetrics(platform, pgbouncers)] : []),
    ],
    containers: [
      pgpool
        ? pgpoolContainer({ plan, platform })
        : pgbouncerContainer(
            { plan, platform },
            { name: "pgbouncer", target: "primary", port: plan.pooler.port, portName: "write" },
          ),
      pgbouncerContainer(
        { plan, platform },
        { name: "pgbouncer-read", target: "replica", port: READ_PORT, portName: "read" },
      ),
    ],
    volumes: [
      { name: "config", configMap: { name: plan.pooler.service } },
      certificateVolume("tls", plan.pooler.certificate),
      { name: "account", secret: { secretName: accountSecret(plan, "pooler"), defaultMode: 0o440 } },
      ...scratch.map((one) => memoryVolume(`run-${one}`, "8Mi")),
    ],
  };
}

const sharedMounts = [
  { name: "config", mountPath: CONFIG_FOLDER, readOnly: true },
  { name: "tls", mountPath: POOLER_TLS, readOnly: true },
];

/** What every pooler's start script is told. */
const poolerEnv = [
  { name: "POOLER_WATCH", value: `${POOLER_TLS}/tls.crt ${POOLER_TLS}/ca.crt` },
  { name: "DRAIN_SECONDS", value: String(DRAIN_SECONDS) },
];

/** One PgBouncer of the pod: what it is called, where it leads, and where it listens. */
interface PgbouncerArgs {
  name: string;
  target: keyof typeof PROXY_PORTS;
  port: number;
  portName: string;
}

function pgbouncerContainer(
  { plan, platform }: PoolerArgs,
  { name, target, port, portName }: PgbouncerArgs,
): Container {
  const probe = { tcpSocket: { port: portName }, timeoutSeconds: 3 };
  const sizes = Object.entries(plan.pooler.poolSizes).map((one) => one.join("="));
  return {
    ...restrictedContainer,
    name,
    image: platform.images("patroni"),
    command: withInit("pooler-start", `${CONFIG_FOLDER}/${target}.ini`),
    ports: [{ name: portName, containerPort: port }],
    env: [
      { name: "POOLER_ACCOUNT", value: ACCOUNT_FOLDER },
      { name: "POOLER_TARGET", value: databaseTarget(plan, target) },
      // Kubernetes keeps no empty value.
      ...(sizes.length > 0 ? [{ name: "POOLER_SIZES", value: sizes.join(" ") }] : []),
      { name: "POOLER_SERVER", value: serverOf(plan) },
      { name: "LOGIN_SECONDS", value: String(LOGIN_SECONDS) },
      ...poolerEnv,
    ],
    resources: containerResources(plan.pooler.resources),
    startupProbe: { ...probe, periodSeconds: 1, failureThreshold: LOGIN_SECONDS + 60 },
    livenessProbe: { ...probe, periodSeconds: 10, failureThreshold: 6 },
    readinessProbe: { ...probe, periodSeconds: 5, failureThreshold: 3 },
    volumeMounts: [
      ...sharedMounts,
      { name: "account", mountPath: ACCOUNT_FOLDER, readOnly: true },
      { name: `run-${name}`, mountPath: "/run" },
    ],
  };
}

/** Where a PgBouncer finds the primary, for libpq. */
const serverOf = (plan: DatabasePlan): string =>
  `${databaseTarget(plan, "primary")} dbname=postgres sslmode=verify-full sslrootcert=${POOLER_TLS}/ca.crt`;

function pgpoolContainer({ plan, platform }: PoolerArgs): Container {
  const probe = { tcpSocket: { port: "write" }, timeoutSeconds: 3 };
  const command = `[[ ! -e /run/pgpool/leaving ]] && exec 3<>/dev/tcp/localhost/${plan.pooler.port}`;
  const staying = { exec: { command: ["bash", "-c", command] }, timeoutSeconds: 3 };
  return {
    ...restrictedContainer,
    name: PGPOOL,
    image: platform.images("patroni"),
    command: withInit("pgpool-start", `${CONFIG_FOLDER}/pgpool.conf`, `${CONFIG_FOLDER}/pool_hba.conf`),
    ports: [{ name: "write", containerPort: plan.pooler.port }],
    env: poolerEnv,
    resources: containerResources(plan.pooler.resources),
    startupProbe: { ...probe, periodSeconds: 1, failureThreshold: 60 },
    livenessProbe: { ...probe, periodSeconds: 10, failureThreshold: 6 },
    readinessProbe: { ...staying, periodSeconds: 5, failureThreshold: 3 },
    volumeMounts: [...sharedMounts, { name: `run-${PGPOOL}`, mountPath: "/run" }],
  };
}

function proxyContainer(platform: Platform): Container {
  const alive = { tcpSocket: { port: "health" }, timeoutSeconds: 3 };
  const knowsPrimary = { httpGet: { path: "/ready", port: "health" }, timeoutSeconds: 3 };
  return {
    ...restrictedContainer,
    name: "proxy",
    image: platform.images("patroni"),
    command: withInit("pooler-proxy-start", `${CONFIG_FOLDER}/proxy.cfg`),
    ports: [{ name: "health", containerPort: HEALTH_PORT }],
    env: [{ name: "POOLER_WATCH", value: `${POOLER_TLS}/ca.crt` }],
    resources: containerResources(smallResources),
    startupProbe: { ...alive, periodSeconds: 1, failureThreshold: 60 },
    livenessProbe: { ...alive, periodSeconds: 10, failureThreshold: 6 },
    // In a failover clients wait inside PgBouncer; only a database that stays without a primary makes the pod unready.
    readinessProbe: { ...knowsPrimary, periodSeconds: 2, failureThreshold: 30 },
    volumeMounts: [...sharedMounts, { name: "run-proxy", mountPath: "/run" }],
  };
}
