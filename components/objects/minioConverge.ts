import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { toBytes } from "../../stacks/bytes.ts";
import type { MinioPlan } from "../../stacks/objectsPlan.ts";
import type { BucketConfig } from "../../stacks/schema/objectsContent.ts";
import type { Platform } from "../platform.ts";
import { userSecretName } from "./names.ts";
import { convergeJob } from "./convergeJob.ts";
import { minioClientPod, minioJobLabels } from "./minioClientPod.ts";
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
  const podLabels = minioJobLabels("converge");
  convergeJob(name, { store: plan.name, config: convergeConfig(plan), platform, podLabels, pod }, opts);
}

function convergePod({ plan, platform }: MinioConvergeArgs, configMap: string): k8s.types.input.core.v1.PodSpec {
  const keys = plan.users.map((user) => ({
    secret: { name: userSecretName(plan, user.name), items: [{ key: "secretAccessKey", path: user.name }] },
  }));
  return minioClientPod({
    plan,
    platform,
    job: "converge",
    command: ["minio-converge"],
    files: {
      mounts: [
        { name: "config", mountPath: "/etc/minio-converge", readOnly: true },
        { name: "keys", mountPath: "/etc/minio-users", readOnly: true },
      ],
      volumes: [
        { name: "config", configMap: { name: configMap } },
        { name: "keys", projected: { defaultMode: 0o440, sources: keys } },
      ],
    },
  });
}
