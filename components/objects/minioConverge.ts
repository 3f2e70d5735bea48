import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { toBytes } from "../../stacks/bytes.ts";
import type { MinioPlan } from "../../stacks/objectsPlan.ts";
import type { BucketConfig } from "../../stacks/schema/objectsContent.ts";
import type { Platform } from "../platform.ts";
import { containerResources, memoryVolume, restrictedContainer, restrictedPod } from "../pod.ts";
import { userSecretName } from "./accessKeys.ts";
import { convergeJob } from "./convergeJob.ts";
import { caOnly, MINIO_UID } from "./minioPod.ts";
import { convergeLabels } from "./minioPolicies.ts";
import { rootEnv } from "./minioRoot.ts";
import { s3Lifecycle, type S3LifecycleRule } from "./s3Lifecycle.ts";
import { s3Rules, type S3Rules } from "./s3Rules.ts";

/** A bucket as the Job makes it. */
export interface ConvergeBucket {
  /** Its name. */
  name: string;
  /** Whether old versions are kept; a lock needs them. */
  versioning: boolean;
  /** Default retention of its versions. */
  objectLock?: BucketConfig["objectLock"];
  /** Most bytes. */
  quota?: number;
  /** What goes by itself. */
  lifecycle: S3LifecycleRule[];
}

/** What the Job makes; users' keys come from their Secrets. */
export interface ConvergeConfig {
  /** The buckets. */
  buckets: ConvergeBucket[];
  /** Days after which an unfinished upload goes, in every bucket; undefined: MinIO's own time, a day. */
  uploadDays?: number;
  /** The users, each with the one policy that the platform gives it. */
  users: { name: string; policy: string; rules: S3Rules; generation: number }[];
}

/** Arguments of minioConverge. */
export interface MinioConvergeArgs {
  /** The store. */
  plan: MinioPlan;
  /** Where it stands. */
  platform: Platform;
}

/** MinIO's client takes more memory than other small helpers. */
const MC_RESOURCES = { cpu: "10m", memory: "64Mi", memoryLimit: "512Mi" };

/** The part of the plan that the Job makes true. */
export function convergeConfig({ buckets, users }: MinioPlan): ConvergeConfig {
  return {
    buckets: buckets.map(convergeBucket),
    // Where there are several they are the same: checked with the config.
    uploadDays: buckets.flatMap(({ lifecycle }) => lifecycle).find((rule) => rule.abortUploadDays)?.abortUploadDays,
    users: users.map(({ name, access, generation }) => ({
      name,
      policy: `archipel-${name}`,
      rules: s3Rules(access),
      generation,
    })),
  };
}

function convergeBucket({ name, versioning, objectLock, quota, lifecycle }: BucketConfig): ConvergeBucket {
  return {
    name,
    versioning: versioning || objectLock !== undefined,
    ...(objectLock && { objectLock }),
    ...(quota && { quota: toBytes(quota) }),
    lifecycle: s3Lifecycle(lifecycle),
  };
}

/** A Job that makes buckets, policies and users, and deletes none. */
export function minioConverge(
  name: string,
  { plan, platform }: MinioConvergeArgs,
  opts: pulumi.CustomResourceOptions,
): void {
  const pod = (configMap: string) => convergePod({ plan, platform }, configMap);
  convergeJob(name, { store: plan.name, config: convergeConfig(plan), platform, podLabels: convergeLabels, pod }, opts);
}

function convergePod({ plan, platform }: MinioConvergeArgs, configMap: string): k8s.types.input.core.v1.PodSpec {
  const ca = caOnly(plan);
  const keys = plan.users.map((user) => ({
    secret: { name: userSecretName(plan, user.name), items: [{ key: "secretAccessKey", path: user.name }] },
  }));
  return {
    ...restrictedPod(MINIO_UID),
    priorityClassName: platform.priorityClasses.data,
    imagePullSecrets: platform.pullSecrets.map((secret) => ({ name: secret })),
    restartPolicy: "OnFailure",
    containers: [
      {
        ...restrictedContainer,
        name: "converge",
        image: platform.images("minio"),
        command: ["/usr/bin/tini", "--", "minio-converge"],
        env: [{ name: "STORE_URL", value: `https://${plan.host}:${plan.port}` }, ...rootEnv],
        resources: containerResources(MC_RESOURCES),
        volumeMounts: [
          { name: "tmp", mountPath: "/tmp" },
          { name: "config", mountPath: "/etc/minio-converge", readOnly: true },
          { name: "keys", mountPath: "/etc/minio-users", readOnly: true },
          ca.mount,
        ],
      },
    ],
    volumes: [
      memoryVolume("tmp", "64Mi"),
      { name: "config", configMap: { name: configMap } },
      { name: "keys", projected: { defaultMode: 0o440, sources: keys } },
      ca.volume,
    ],
  };
}
