import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { cronJob } from "../cronJob.ts";
import { clientLabel } from "../labels.ts";
import { containerResources, memoryVolume, restrictedContainer, withInit } from "../pod.ts";
import { passwordEnv } from "./accounts.ts";
import { backrestMounts, backrestVolumes, type BackupArgs } from "./backup.ts";
import { dataFolder, PATHS, POSTGRES_PORT } from "./layout.ts";
import { backrestConfigMap } from "./member.ts";
import { basePod, certificateVolume, podLabels } from "./pods.ts";

/** Folder of the client certificate with which the result is written; pgBackRest finds the site's CA there too. */
const TLS = PATHS.tls;

/** Seconds that a proof may take. */
const DEADLINE_SECONDS = 12 * 3600;

/** A CronJob that restores the newest backup of each repository on a volume of its own, checks it and says what it saw. */
export function restoreProof(name: string, args: BackupArgs, opts: pulumi.CustomResourceOptions): void {
  const { plan, backup, platform } = args;
  const labels = podLabels(plan, "backup");
  cronJob(
    name,
    {
      name: `${plan.name}-restore-proof`,
      namespace: platform.namespaces.data,
      labels,
      schedule: backup.proof,
      startingDeadlineSeconds: 3600,
      job: {
        backoffLimit: 2,
        activeDeadlineSeconds: DEADLINE_SECONDS,
        template: {
          metadata: { labels: { ...labels, [clientLabel("objects")]: "true" } },
          spec: proofPod(args),
        },
      },
    },
    opts,
  );
}

function proofPod({ plan, backup, platform }: BackupArgs): k8s.types.input.core.v1.PodSpec {
  return {
    ...basePod(platform),
    restartPolicy: "Never",
    containers: [
      {
        ...restrictedContainer,
        name: "restore-proof",
        image: platform.images(plan.image),
        command: withInit("pg-restore-proof"),
        env: [
          { name: "REPOSITORIES", value: backup.repositories.map(({ number }) => number).join(" ") },
          { name: "ARCHIVE_MINUTES", value: String(backup.archiveMinutes) },
          { name: "PGDATA", value: dataFolder(plan.version) },
          { name: "PGHOST", value: plan.members.map(({ host }) => host).join(",") },
          { name: "PGPORT", value: String(POSTGRES_PORT) },
          passwordEnv("PGPASSWORD", plan, "superuser"),
          { name: "PG_TLS", value: TLS },
        ],
        resources: containerResources(plan.resources),
        volumeMounts: [
          { name: "data", mountPath: PATHS.home },
          { name: "tls", mountPath: TLS, readOnly: true },
          ...backrestMounts,
          { name: "run", mountPath: "/run" },
          { name: "tmp", mountPath: "/tmp" },
          { name: "shm", mountPath: "/dev/shm" },
        ],
      },
    ],
    volumes: [
      { name: "data", ephemeral: { volumeClaimTemplate: { spec: scratchClaim({ plan, backup, platform }) } } },
      certificateVolume("tls", plan.adminCertificate),
      ...backrestVolumes(plan, backrestConfigMap(plan)),
      memoryVolume("run", "16Mi"),
      memoryVolume("tmp", "64Mi"),
      memoryVolume("shm", "64Mi"),
    ],
  };
}

/** A volume as large as a member's, which goes with the pod. */
const scratchClaim = ({ plan, platform }: BackupArgs): k8s.types.input.core.v1.PersistentVolumeClaimSpec => ({
  accessModes: ["ReadWriteOnce"],
  storageClassName: platform.storageClass,
  resources: { requests: { storage: plan.storage } },
});
