import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { BackupPlan, DatabasePlan } from "../../stacks/plan.ts";
import { cronJob } from "../cronJob.ts";
import { shortHash } from "../hash.ts";
import { jobAnnotations } from "../job.ts";
import { clientLabel } from "../labels.ts";
import type { Platform } from "../platform.ts";
import { containerResources, memoryVolume, restrictedContainer, withInit } from "../pod.ts";
import { BACKREST_FOLDER, BACKREST_PORT, jobBackrest, REPOSITORIES_FOLDER } from "./backrest.ts";
import { basePod, certificateVolume, podLabels } from "./pods.ts";
import { repositoriesSecretName } from "./repositories.ts";

type PodSpec = k8s.types.input.core.v1.PodSpec;

/** Folder of the client certificate with which a backup comes to the members. */
const TLS = "/tls/server";

/** Seconds that a backup may take. */
const DEADLINE_SECONDS = 12 * 3600;

/** pgBackRest compresses in a few processes; each holds some blocks. */
const resources = { cpu: "50m", memory: "64Mi", memoryLimit: "512Mi" };

/** Arguments of backupJobs. */
export interface BackupArgs {
  /** The database. */
  plan: DatabasePlan;
  /** Its backups. */
  backup: BackupPlan;
  /** Where it stands. */
  platform: Platform;
}

/**
 * The Jobs that back a database up: the first one makes the repositories ready and waits until a backup is in each, the
 * others come by the clock.
 */
export function backupJobs(name: string, args: BackupArgs, opts: pulumi.CustomResourceOptions): void {
  const { plan, backup, platform } = args;
  const namespace = platform.namespaces.data;
  const labels = podLabels(plan, "backup");
  const config = jobBackrest(plan, backup, TLS);
  const configMap = `${plan.name}-backup`;
  new k8s.core.v1.ConfigMap(
    `${name}-config`,
    { metadata: { name: configMap, namespace, labels }, data: { "pgbackrest.conf": config } },
    opts,
  );
  const job = (type: string): k8s.types.input.batch.v1.JobSpec => ({
    activeDeadlineSeconds: DEADLINE_SECONDS,
    template: {
      metadata: { labels: { ...labels, [clientLabel("objects")]: "true" } },
      spec: backupPod(args, configMap, type),
    },
  });
  const first = job("first");
  new k8s.batch.v1.Job(
    `${name}-first`,
    {
      metadata: {
        name: `${plan.name}-backup-first-${shortHash({ config, first })}`,
        namespace,
        labels,
        annotations: jobAnnotations,
      },
      spec: { backoffLimit: 30, ...first },
    },
    opts,
  );
  for (const [type, schedule] of [
    ["full", backup.full],
    ["diff", backup.differential],
  ] as const) {
    cronJob(
      `${name}-${type}`,
      {
        name: `${plan.name}-backup-${type}`,
        namespace,
        labels,
        schedule,
        startingDeadlineSeconds: 3600,
        job: { backoffLimit: 3, ...job(type) },
      },
      opts,
    );
  }
}

function backupPod({ plan, backup, platform }: BackupArgs, configMap: string, type: string): PodSpec {
  return {
    ...basePod(platform),
    // The first one waits for the members, and tries often. A later one that fails leaves its pod, with its log.
    restartPolicy: type === "first" ? "OnFailure" : "Never",
    containers: [
      {
        ...restrictedContainer,
        name: "backup",
        image: platform.images(plan.image),
        command: withInit("pg-backup", type),
        env: [
          { name: "REPOSITORIES", value: backup.repositories.map(({ number }) => number).join(" ") },
          {
            name: "JOB",
            valueFrom: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/controller-uid']" } },
          },
        ],
        resources: containerResources(resources),
        volumeMounts: [
          { name: "tls", mountPath: TLS, readOnly: true },
          ...backrestMounts,
          { name: "tmp", mountPath: "/tmp" },
        ],
      },
    ],
    volumes: [
      certificateVolume("tls", plan.adminCertificate),
      ...backrestVolumes(plan, configMap),
      memoryVolume("tmp", "64Mi"),
    ],
  };
}

/** pgBackRest's configuration, and what opens the repositories, in a pod. */
export const backrestMounts: k8s.types.input.core.v1.VolumeMount[] = [
  { name: "backrest", mountPath: `${BACKREST_FOLDER}/pgbackrest.conf`, subPath: "pgbackrest.conf", readOnly: true },
  { name: "repositories", mountPath: REPOSITORIES_FOLDER, readOnly: true },
];

/** The volumes of `backrestMounts`. */
export const backrestVolumes = (plan: DatabasePlan, configMap: string): k8s.types.input.core.v1.Volume[] => [
  { name: "backrest", configMap: { name: configMap } },
  { name: "repositories", secret: { secretName: repositoriesSecretName(plan), defaultMode: 0o440 } },
];

/** The server on a member that hands its data to a backup: it starts before PostgreSQL and reads what PostgreSQL reads. */
export function backupServer({
  plan,
  platform,
}: Pick<BackupArgs, "plan" | "platform">): k8s.types.input.core.v1.Container {
  const probe = { tcpSocket: { port: "backup" }, timeoutSeconds: 3 };
  return {
    ...restrictedContainer,
    name: "backup-server",
    image: platform.images(plan.image),
    restartPolicy: "Always",
    command: withInit("backup-server-start"),
    ports: [{ name: "backup", containerPort: BACKREST_PORT }],
    env: [{ name: "BACKUP_WATCH", value: `${TLS}/tls.crt ${TLS}/ca.crt` }],
    resources: containerResources(resources),
    startupProbe: { ...probe, periodSeconds: 1, failureThreshold: 60 },
    livenessProbe: { ...probe, periodSeconds: 10, failureThreshold: 6 },
  };
}
