import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { labels } from "../labels.ts";
import { generatePassword } from "../secrets.ts";
import type { AccessKey, ObjectStoreArgs } from "./objectStore.ts";

/** Name of the Secret with a user's keys. */
export const userSecretName = (user: string): string => `minio-user-${user}`;

/** Generates each user's secret key and keeps it in a Secret beside the store: keys accessKeyId and secretAccessKey. */
export function accessKeys(
  name: string,
  { plan, platform }: Pick<ObjectStoreArgs, "plan" | "platform">,
  opts: pulumi.CustomResourceOptions,
): Record<string, AccessKey> {
  const entries = plan.users.map((user): [string, AccessKey] => {
    const secretAccessKey = generatePassword(`${name}-user-${user.name}`, { ...opts, generation: user.generation });
    new k8s.core.v1.Secret(
      `${name}-user-${user.name}`,
      {
        metadata: {
          name: userSecretName(user.name),
          namespace: platform.namespaces.data,
          labels: labels("user", "minio"),
        },
        type: "Opaque",
        stringData: { accessKeyId: user.name, secretAccessKey },
      },
      opts,
    );
    return [user.name, { accessKeyId: user.name, secretAccessKey }];
  });
  return Object.fromEntries(entries);
}
