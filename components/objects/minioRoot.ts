import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { labels } from "../labels.ts";
import type { Platform } from "../platform.ts";
import { generatePassword } from "../secrets.ts";

/** Secret with the root user's name and password. */
const ROOT_SECRET = "minio-root";
/** The underscore keeps it apart from every user of the config. */
const ROOT_USER = "minio_root";

type EnvVar = k8s.types.input.core.v1.EnvVar;

/** Makes the root user's Secret. */
export function minioRoot(name: string, platform: Platform, opts: pulumi.CustomResourceOptions): k8s.core.v1.Secret {
  return new k8s.core.v1.Secret(
    name,
    {
      metadata: { name: ROOT_SECRET, namespace: platform.namespaces.data, labels: labels("root", "minio") },
      type: "Opaque",
      stringData: { rootUser: ROOT_USER, rootPassword: generatePassword(`${name}-password`, opts) },
    },
    opts,
  );
}

/** Environment of a container that acts as the root user. */
export const rootEnv: EnvVar[] = [
  { name: "MINIO_ROOT_USER", valueFrom: { secretKeyRef: { name: ROOT_SECRET, key: "rootUser" } } },
  { name: "MINIO_ROOT_PASSWORD", valueFrom: { secretKeyRef: { name: ROOT_SECRET, key: "rootPassword" } } },
];
