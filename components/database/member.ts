import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { toBytes } from "../../stacks/bytes.ts";
import type { BackupPlan, DatabasePlan, MemberPlan } from "../../stacks/plan.ts";
import { dataVolume } from "../data.ts";
import { clientLabel } from "../labels.ts";
import { makeMember, MEMBER_LABEL } from "../member.ts";
import { isMeasured } from "../monitoring/monitored.ts";
import type { Platform } from "../platform.ts";
import { containerResources, memoryVolume, restrictedContainer, smallResources, spreadPods, withInit } from "../pod.ts";
import { memberAdoption } from "./adoption.ts";
import { ALONE_FOLDER, BACKREST_PORT } from "./backrest.ts";
import { backrestMounts, backrestVolumes, backupServer } from "./backup.ts";
import { dataFolder, PATHS, PATRONI_PORT, POSTGRES_PORT } from "./layout.ts";
import {
  memberMetricPorts,
  memberMetrics,
  memberMetricsVolumes,
  metricQueries,
  QUERIES_FILE,
  queriesConfigMap,
} from "./metrics.ts";
import { memberAccountsSecret } from "./memberAccounts.ts";
import { dataClaim } from "./names.ts";
import { repositoriesSecretName } from "./repositories.ts";
import { restoreOrder } from "./restore.ts";
import { upgradeOrder } from "./upgrade.ts";
import { basePod, certificateVolume, podLabels, podSelector } from "./pods.ts";

/** Seconds for a member to wait for its turn, hand over and stop. */
const GRACE_SECONDS = 150;

/** The etcd in which Patroni elects. */
export interface DcsAccess {
  /** Client addresses, `host:port`. */
  hosts: string[];
  /** User that reads and writes Patroni's keys. */
  username: string;
  /** Secret and key that hold the user's password. */
  passwordSecret: { name: string; key: string };
}

/** Arguments of databaseMember. */
export interface MemberArgs {
  /** The database. */
  plan: DatabasePlan;
  /** The member. */
  member: MemberPlan;
  /** Where it stands. */
  platform: Platform;
  /** Its DCS. */
  dcs: DcsAccess;
  /** ConfigMaps with Patroni's configuration. */
  configMaps: string[];
  /** Fingerprint of what needs a restart of the pod when it changes. */
  configHash: string;
}

/** One member: its volume, a Service that gives it a name and an address of its own, and its pod. */
export function databaseMember(name: string, args: MemberArgs, opts: pulumi.CustomResourceOptions): void {
  const { plan, member, platform } = args;
  const labels = podLabels(plan, "member");
  dataVolume(
    `${name}-data`,
    { claim: dataClaim(member), labels: { ...labels, [MEMBER_LABEL]: member.name }, size: plan.storage, platform },
    opts,
  );
  makeMember(
    name,
    {
      member: member.name,
      platform,
      labels,
      selector: podSelector(plan, "member"),
      ports: {
        postgres: POSTGRES_PORT,
        patroni: PATRONI_PORT,
        ...(plan.backup && { backup: BACKREST_PORT }),
        ...(isMeasured(platform) && memberMetricPorts(plan)),
      },
      podMetadata: {
        labels: { [clientLabel("dcs")]: "true", ...(plan.backup && { [clientLabel("objects")]: "true" }) },
        annotations: { "archipel.io/config-hash": args.configHash },
      },
      pod: memberPod(args),
    },
    opts,
  );
}

/** What the exporters of the members ask; nothing where nobody reads metrics. */
export function memberQueries(
  name: string,
  { plan, platform }: { plan: DatabasePlan; platform: Platform },
  opts: pulumi.CustomResourceOptions,
): void {
  if (!isMeasured(platform)) return;
  const metadata = {
    name: queriesConfigMap(plan),
    namespace: platform.namespaces.data,
    labels: podLabels(plan, "member"),
  };
  new k8s.core.v1.ConfigMap(name, { metadata, data: { [QUERIES_FILE]: metricQueries(plan) } }, opts);
}

function memberPod(args: MemberArgs): k8s.types.input.core.v1.PodSpec {
  const { plan, member, platform, configMaps } = args;
  // Shared memory of parallel queries; it counts as the container's memory.
  const sharedMemory = `${Math.floor(toBytes(plan.resources.memoryLimit) / 4 / 2 ** 20)}Mi`;
  return {
    ...basePod(platform),
    ...spreadPods(plan.spread, podSelector(plan, "member"), [
      { key: MEMBER_LABEL, operator: "In", values: plan.apart },
    ]),
    terminationGracePeriodSeconds: GRACE_SECONDS,
    initContainers: [
      ...(plan.backup ? [{ ...backupServer(args), volumeMounts: [...memberMounts, ...backrestMounts] }] : []),
      // A member that is alone has one too: it is not restarted when others join it.
      witnessContainer(args),
      ...(isMeasured(platform) ? [memberMetrics(args, [...memberMounts, ...(plan.backup ? backrestMounts : [])])] : []),
    ],
    containers: [memberContainer(args)],
    volumes: [
      ...(plan.backup ? [...backrestVolumes(plan, backrestConfigMap(plan)), archiveVolume(plan, plan.backup)] : []),
      ...(isMeasured(platform) ? memberMetricsVolumes(plan) : []),
      { name: "data", persistentVolumeClaim: { claimName: dataClaim(member) } },
      {
        name: "config",
        projected: {
          sources: [
            ...configMaps.map((one) => ({ configMap: { name: one } })),
            { secret: { name: memberAccountsSecret(plan) } },
            { configMap: { name: restoreOrder(plan), optional: true } },
            { configMap: { name: upgradeOrder(plan), optional: true } },
          ],
        },
      },
      ...memberAdoption(plan).volumes,
      certificateVolume("tls", member.certificate),
      memoryVolume("run", "16Mi"),
      memoryVolume("tmp", "64Mi"),
      memoryVolume("shm", sharedMemory),
    ],
  };
}

function memberContainer(args: MemberArgs): k8s.types.input.core.v1.Container {
  const { plan, platform } = args;
  const probe = (path: string) => ({
    httpGet: { path, port: "patroni", scheme: "HTTPS" },
    timeoutSeconds: 5,
  });
  return {
    ...restrictedContainer,
    name: "patroni",
    image: platform.images(plan.image),
    command: withInit("patroni-start"),
    ports: [
      { name: "postgres", containerPort: POSTGRES_PORT },
      { name: "patroni", containerPort: PATRONI_PORT },
    ],
    env: memberEnv(args),
    resources: containerResources(plan.resources),
    // A cluster that begins anew waits until nobody leads any more, before Patroni starts.
    startupProbe: { ...probe("/liveness"), periodSeconds: 1, failureThreshold: 240 },
    livenessProbe: { ...probe("/liveness"), periodSeconds: 10, failureThreshold: 6 },
    readinessProbe: { ...probe("/readiness"), periodSeconds: 2, failureThreshold: 3 },
    lifecycle: { preStop: { exec: { command: ["patroni-stop"] } } },
    volumeMounts: [
      ...memberMounts,
      ...(plan.backup ? [...backrestMounts, { name: "archive", mountPath: ALONE_FOLDER, readOnly: true }] : []),
      ...memberAdoption(plan).mounts,
      { name: "config", mountPath: PATHS.config, readOnly: true },
      { name: "shm", mountPath: "/dev/shm" },
    ],
  };
}

/** Gives the member's lock back when its container is gone at once: see patroni-witness. It outlives the container. */
function witnessContainer(args: MemberArgs): k8s.types.input.core.v1.Container {
  return {
    ...restrictedContainer,
    name: "witness",
    image: args.platform.images(args.plan.image),
    restartPolicy: "Always",
    command: withInit("patroni-witness"),
    env: [...dcsEnv(args), { name: "PATRONI_SCOPE", value: args.plan.name }],
    resources: containerResources(smallResources),
    volumeMounts: [{ name: "tls", mountPath: PATHS.tls, readOnly: true }],
  };
}

/** What PostgreSQL and the server that backs it up share. */
const memberMounts: k8s.types.input.core.v1.VolumeMount[] = [
  { name: "data", mountPath: PATHS.home },
  { name: "tls", mountPath: PATHS.tls, readOnly: true },
  { name: "run", mountPath: "/run" },
  { name: "tmp", mountPath: "/tmp" },
];

/** Each repository's configuration with its keys beside it: see `archiveBackrest`. */
const archiveVolume = (plan: DatabasePlan, { repositories }: BackupPlan): k8s.types.input.core.v1.Volume => {
  const configs = repositories.map(({ name }) => ({ key: `${name}.conf`, path: `${name}.conf` }));
  const keys = repositories.map(({ name }) => ({ key: `${name}.conf`, path: `${name}/keys.conf` }));
  return {
    name: "archive",
    projected: {
      defaultMode: 0o440,
      sources: [
        { configMap: { name: backrestConfigMap(plan), items: configs } },
        { secret: { name: repositoriesSecretName(plan), items: keys } },
      ],
    },
  };
};

/** Name of the ConfigMap with the members' configuration of pgBackRest. */
export const backrestConfigMap = (plan: DatabasePlan): string => `${plan.name}-backrest`;

/** Who the member is, and how it comes to the DCS. */
const dcsEnv = ({ member, dcs }: MemberArgs): k8s.types.input.core.v1.EnvVar[] => [
  { name: "PATRONI_NAME", value: member.name },
  { name: "PATRONI_ETCD3_USERNAME", value: dcs.username },
  { name: "PATRONI_ETCD3_PASSWORD", valueFrom: { secretKeyRef: dcs.passwordSecret } },
  { name: "DCS_CA", value: `${PATHS.tls}/ca.crt` },
  { name: "DCS_URLS", value: dcs.hosts.map((host) => `https://${host}`).join(" ") },
];

function memberEnv(args: MemberArgs): k8s.types.input.core.v1.EnvVar[] {
  const { plan, member } = args;
  return [
    ...dcsEnv(args),
    { name: "PATRONI_POSTGRESQL_CONNECT_ADDRESS", value: `${member.host}:${POSTGRES_PORT}` },
    { name: "PATRONI_RESTAPI_CONNECT_ADDRESS", value: `${member.host}:${PATRONI_PORT}` },
    // Patroni reads the DCS's user from the environment only when another setting of the DCS is there too.
    { name: "PATRONI_ETCD3_PROTOCOL", value: "https" },
    { name: "PATRONI_SCOPE", value: plan.name },
    { name: "PATRONI_NODE", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
    { name: "PGDATA", value: dataFolder(plan.version) },
    { name: "PATRONI_WATCH", value: `${PATHS.tls}/tls.crt ${PATHS.tls}/ca.crt ${PATHS.config}/accounts.yml` },
    { name: "PATRONI_RESTAPI_USER", value: `${PATHS.config}/restapi-user` },
    { name: "PATRONI_CA", value: `${PATHS.tls}/ca.crt` },
    ...memberAdoption(plan).env,
  ];
}
