import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { labels } from "../labels.ts";
import { generatePassword } from "../secrets.ts";
import type { AccessKey } from "./objectStore.ts";

/** Name of the Secret with a user's keys. */
export const userSecretName = (plan: { name: string }, user: string): string => `${plan.name}-user-${user}`;

/** Arguments of makeAccessKey. */
export interface AccessKeyArgs {
  /** The store. */
  plan: { name: string };
  /** Namespace of the Secret. */
  namespace: string;
  /** The user. */
  user: { name: string; generation: number };
  /** Its access key id. */
  accessKeyId: string;
}

/** Generates a user's secret key and keeps it in a Secret beside the store. */
export function makeAccessKey(
  name: string,
  { plan, namespace, user, accessKeyId }: AccessKeyArgs,
  opts: pulumi.CustomResourceOptions,
): AccessKey {
  const own = `${name}-user-${user.name}`;
  const key = {
    accessKeyId,
    secretAccessKey: generatePassword(own, { ...opts, generation: user.generation }),
  };
  keySecret(own, { plan, namespace, secret: userSecretName(plan, user.name), key }, opts);
  return key;
}

/** Arguments of keySecret. */
export interface KeySecretArgs {
  /** The store. */
  plan: { name: string };
  /** Namespace of the Secret. */
  namespace: string;
  /** Its name. */
  secret: string;
  /** What is in it. */
  key: AccessKey;
}

/** Puts an access key into a Secret: keys accessKeyId and secretAccessKey. */
export function keySecret(
  name: string,
  { plan, namespace, secret, key }: KeySecretArgs,
  opts: pulumi.CustomResourceOptions,
): void {
  new k8s.core.v1.Secret(
    name,
    {
      metadata: { name: secret, namespace, labels: labels("user", plan.name) },
      type: "Opaque",
      stringData: { accessKeyId: key.accessKeyId, secretAccessKey: key.secretAccessKey },
    },
    opts,
  );
}
