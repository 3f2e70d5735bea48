import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { labels } from "../labels.ts";
import { generatePassword } from "../secrets.ts";
import { userSecretName } from "./names.ts";
import type { AccessKey } from "./objectStore.ts";

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

/** A key, and the Secret that holds it: who hands the key on waits for it, lest the one before be handed on. */
export interface KeptKey {
  /** The key. */
  key: AccessKey;
  /** The Secret. */
  secret: k8s.core.v1.Secret;
}

/** Generates a user's secret key and keeps it in a Secret beside the store. */
export function makeAccessKey(
  name: string,
  { plan, namespace, user, accessKeyId }: AccessKeyArgs,
  opts: pulumi.CustomResourceOptions,
): KeptKey {
  const own = `${name}-user-${user.name}`;
  const key = {
    accessKeyId,
    secretAccessKey: generatePassword(own, { ...opts, generation: user.generation }),
  };
  return keySecret(own, { plan, namespace, secret: userSecretName(plan, user.name), key }, opts);
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
): KeptKey {
  const made = new k8s.core.v1.Secret(
    name,
    {
      metadata: { name: secret, namespace, labels: labels("user", plan.name) },
      type: "Opaque",
      stringData: { accessKeyId: key.accessKeyId, secretAccessKey: key.secretAccessKey },
    },
    opts,
  );
  return { key, secret: made };
}

/** Keys by the users' names, without their Secrets. */
export const keysOf = (kept: Record<string, KeptKey>): Record<string, AccessKey> =>
  Object.fromEntries(Object.entries(kept).map(([user, { key }]) => [user, key]));

/** The Secrets of keys. */
export const secretsOf = (kept: Record<string, KeptKey>): k8s.core.v1.Secret[] =>
  Object.values(kept).map(({ secret }) => secret);
