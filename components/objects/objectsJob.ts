import type * as pulumi from "@pulumi/pulumi";
import { selector } from "../labels.ts";
import { allowFlows, type FlowsArgs } from "../networkPolicy.ts";
import type { Platform } from "../platform.ts";
import { convergeJob } from "./convergeJob.ts";
import { keyFile, objectsPod } from "./objectsPod.ts";

/** A client with a buffer for an upload in parts. */
const RESOURCES = { cpu: "10m", memory: "96Mi", memoryLimit: "384Mi" };

/** Arguments of objectsJob. */
export interface ObjectsJobArgs {
  /** Name of the store's plan, which begins the Job's name. */
  store: string;
  /** What it makes; the program in the image `objects` reads it. */
  config: object;
  /** Where it stands. */
  platform: Platform;
  /** Secret with the key of the account that owns the buckets; undefined: it makes none. */
  account?: string;
  /** Secrets with the users' keys by the users' names. */
  users: Record<string, string>;
  /** Secret with the CA (key ca.crt) of the store; undefined: a public one. */
  ca?: string;
  /** Labels of its pod beside its own. */
  podLabels?: Record<string, string>;
  /** What it connects to. */
  flows: Pick<FlowsArgs, "egress" | "worldPorts">;
}

/**
 * A Job that makes buckets, and users where it may, and tries what they can do; it deletes none.
 */
export function objectsJob(name: string, args: ObjectsJobArgs, opts: pulumi.CustomResourceOptions): void {
  const { store, config, platform, account, users, ca, podLabels, flows } = args;
  allowFlows(
    `${name}-policy`,
    {
      policy: `${store}-converge`,
      namespace: platform.namespaces.data,
      podLabels: selector("converge", store),
      ingress: [],
      ...flows,
    },
    opts,
  );
  const keys = [
    ...(account ? [keyFile(account, "account")] : []),
    ...Object.entries(users).map(([user, secret]) => keyFile(secret, `users/${user}`)),
  ];
  const pod = (configMap: string) =>
    objectsPod({
      platform,
      command: "converge",
      configMap,
      keys,
      cas: { site: ca },
      resources: RESOURCES,
      priorityClass: "data",
    });
  convergeJob(name, { store, config, platform, podLabels, pod }, opts);
}
