import type { types } from "@pulumi/kubernetes";
import type { MinioPlan } from "../../stacks/objectsPlan.ts";
import { clientLabel, selector } from "../labels.ts";
import type { Platform } from "../platform.ts";
import { containerResources, memoryVolume, platformPod, restrictedContainer, withInit } from "../pod.ts";
import { caOnly, MINIO_UID } from "./minioPod.ts";
import { rootEnv } from "./minioRoot.ts";

/** What Jobs do with MinIO's client; each has pods of its own labels. */
export const MINIO_JOBS = ["converge", "heal"] as const;

/** Labels that select the pods of one of these Jobs. */
export const minioJobSelector = (job: (typeof MINIO_JOBS)[number]): Record<string, string> => selector(job, "minio");

/** The same, and what lets them connect to the servers as other clients do. */
export const minioJobLabels = (job: (typeof MINIO_JOBS)[number]): Record<string, string> => ({
  ...minioJobSelector(job),
  [clientLabel("objects")]: "true",
});

/** MinIO's client takes more memory than other small helpers. */
const RESOURCES = { cpu: "10m", memory: "64Mi", memoryLimit: "512Mi" };

/** Arguments of minioClientPod. */
export interface MinioClientPodArgs {
  /** The store. */
  plan: MinioPlan;
  /** Where it stands. */
  platform: Platform;
  /** What it does. */
  job: (typeof MINIO_JOBS)[number];
  /** Its command. */
  command: string[];
  /** Files that it reads beside the CA. */
  files?: { volumes: types.input.core.v1.Volume[]; mounts: types.input.core.v1.VolumeMount[] };
}

/** A pod that works on the store as its administrator, by MinIO's client. */
export function minioClientPod({
  plan,
  platform,
  job,
  command,
  files = { volumes: [], mounts: [] },
}: MinioClientPodArgs): types.input.core.v1.PodSpec {
  const ca = caOnly(plan);
  return {
    ...platformPod(platform, "data", MINIO_UID),
    restartPolicy: "Never",
    containers: [
      {
        ...restrictedContainer,
        name: job,
        image: platform.images("minio"),
        command: withInit(...command),
        env: [{ name: "STORE_URL", value: `https://${plan.host}:${plan.port}` }, ...rootEnv],
        resources: containerResources(RESOURCES),
        volumeMounts: [{ name: "tmp", mountPath: "/tmp" }, ...files.mounts, ca.mount],
      },
    ],
    volumes: [memoryVolume("tmp", "64Mi"), ...files.volumes, ca.volume],
  };
}
