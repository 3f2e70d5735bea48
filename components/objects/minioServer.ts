import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { serviceHost } from "../../stacks/names.ts";
import type { MinioPlan, MinioPool, MinioServer } from "../../stacks/objectsPlan.ts";
import { dataVolume } from "../data.ts";
import { labels } from "../labels.ts";
import { makeMember, MEMBER_LABEL } from "../member.ts";
import type { Platform } from "../platform.ts";
import { containerResources, memoryVolume, platformPod, restrictedContainer, spreadPods } from "../pod.ts";
import { certificateVolume, MINIO_UID, serverSelector } from "./minioPod.ts";
import { rootEnv } from "./minioRoot.ts";
import { driveClaim, driveName, minioVolumes } from "./minioVolumes.ts";

/** Seconds that a server waits, when told to stop, until the others can do without it. */
const YIELD_SECONDS = 180;
/** Seconds that it then gets for the requests that it has. */
const STOP_SECONDS = 30;

/** Arguments of minioServer. */
export interface MinioServerArgs {
  /** The store. */
  plan: MinioPlan;
  /** Where it stands. */
  platform: Platform;
  /** The server. */
  server: MinioServer;
  /** Its number, from 0. */
  index: number;
}

/** One server: its claims, a Service that gives it a name of its own, and its pod. */
export function minioServer(name: string, args: MinioServerArgs, opts: pulumi.CustomResourceOptions): void {
  const { plan, platform, server } = args;
  const own = labels("server", "minio");
  const { driveSize } = poolOf(plan, server);
  for (const drive of drivesOf(plan)) {
    dataVolume(
      `${name}-${drive}`,
      {
        claim: driveClaim(server.name, drive),
        labels: { ...own, [MEMBER_LABEL]: server.name },
        size: driveSize,
        platform,
      },
      opts,
    );
  }
  makeMember(
    name,
    {
      member: server.name,
      platform,
      labels: own,
      selector: serverSelector,
      ports: { https: plan.port },
      headless: true,
      pod: serverPod(args),
    },
    opts,
  );
}

const poolOf = (plan: MinioPlan, server: MinioServer): MinioPool =>
  plan.pools.find(({ servers }) => servers.includes(server))!;

/** Servers of one pool are kept apart; those of different pools may meet, since no object is in both. */
function spreadServer(plan: MinioPlan, server: MinioServer): ReturnType<typeof spreadPods> {
  const { servers, spread } = poolOf(plan, server);
  if (plan.pools.length === 1) return spreadPods(spread, serverSelector);
  const among = { key: MEMBER_LABEL, operator: "In", values: servers.map(({ name }) => name) };
  return spreadPods(spread, serverSelector, [among]);
}

/** Where the server would be by which the store grows next. */
const nextServerUrl = ({ name, servers, port }: MinioPlan, namespace: string): string =>
  `https://${serviceHost(`${name}-${servers.length}`, namespace)}:${port}`;

const drivesOf = (plan: MinioPlan): string[] =>
  Array.from({ length: plan.drivesPerServer }, (_, index) => driveName(index));

function serverPod(args: MinioServerArgs): k8s.types.input.core.v1.PodSpec {
  const { plan, platform, server } = args;
  const alone = plan.servers.length === 1;
  return {
    ...platformPod(platform, "data", MINIO_UID),
    ...spreadServer(plan, server),
    terminationGracePeriodSeconds: alone ? STOP_SECONDS : YIELD_SECONDS + STOP_SECONDS,
    containers: [serverContainer(args)],
    volumes: [
      memoryVolume("tmp", "64Mi"),
      certificateVolume(plan).volume,
      ...drivesOf(plan).map((drive) => ({
        name: drive,
        persistentVolumeClaim: { claimName: driveClaim(server.name, drive) },
      })),
    ],
  };
}

function serverContainer({ plan, platform, index }: MinioServerArgs): k8s.types.input.core.v1.Container {
  const namespace = platform.namespaces.data;
  const probe = (path: string) => ({
    httpGet: { path: `/minio/health/${path}`, port: "https", scheme: "HTTPS" },
    timeoutSeconds: 5,
  });
  const joined = { exec: { command: ["minio-joined"] }, timeoutSeconds: 10 };
  const alone = plan.servers.length === 1;
  return {
    ...restrictedContainer,
    name: "minio",
    image: platform.images("minio"),
    ports: [{ name: "https", containerPort: plan.port }],
    // MinIO wants every MINIO_ variable equal on all servers.
    env: [
      { name: "MINIO_ADDRESS", value: `:${plan.port}` },
      { name: "MINIO_VOLUMES", value: minioVolumes(plan, namespace) },
      { name: "MINIO_STORAGE_CLASS_STANDARD", value: `EC:${plan.parity}` },
      { name: "MINIO_BROWSER", value: "off" },
      { name: "MINIO_UPDATE", value: "off" },
      // A machine that is gone sends no goodbye: a connection to it ends after this time. Slow readers need some, too.
      { name: "MINIO_CONN_USER_TIMEOUT", value: "60s" },
      // A server that comes back has another address; its peers would go on dialling the old one for half a minute.
      { name: "MINIO_DNS_CACHE_TTL", value: "3s" },
      // The NetworkPolicy says who reaches the metrics; they hold names and sizes of buckets, no data.
      { name: "MINIO_PROMETHEUS_AUTH_TYPE", value: "public" },
      ...rootEnv,
      { name: "SERVER_INDEX", value: String(index) },
      { name: "SERVER_URLS", value: plan.servers.map(({ host }) => `https://${host}:${plan.port}`).join(" ") },
      { name: "NEXT_SERVER_URL", value: nextServerUrl(plan, namespace) },
      { name: "STORE_HOST", value: plan.host },
      { name: "YIELD_SECONDS", value: String(YIELD_SECONDS) },
    ],
    resources: containerResources(plan.resources),
    // A server that waits for its peers is alive; it is ready when it sees enough drives to read from.
    startupProbe: { ...(alone ? probe("live") : joined), periodSeconds: 1, failureThreshold: 180 },
    livenessProbe: { ...probe("live"), periodSeconds: 10, failureThreshold: 6 },
    readinessProbe: { ...probe("cluster/read"), periodSeconds: 2, failureThreshold: 2 },
    ...(!alone && { lifecycle: { preStop: { exec: { command: ["minio-yield"] } } } }),
    volumeMounts: [
      { name: "tmp", mountPath: "/tmp" },
      certificateVolume(plan).mount,
      ...drivesOf(plan).map((drive) => ({ name: drive, mountPath: `/${drive}` })),
    ],
  };
}
