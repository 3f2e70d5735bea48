import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ExternalObjectsPlan } from "../../stacks/objectsPlan.ts";
import { shortHash } from "../hash.ts";
import { labels, selector } from "../labels.ts";
import { allowFlows } from "../networkPolicy.ts";
import type { Platform } from "../platform.ts";
import { containerResources, memoryVolume, restrictedContainer, restrictedPod } from "../pod.ts";
import { userSecretName } from "./accessKeys.ts";
import { externalJob } from "./externalJob.ts";
import { CA_FOLDER, caVolume, CONFIG_FOLDER, keyFile, KEYS_FOLDER, OBJECTS_UID } from "./objectsPod.ts";

/** A client with a buffer for an upload in parts. */
const RESOURCES = { cpu: "10m", memory: "96Mi", memoryLimit: "384Mi" };

/** Name of the Secret with the key of the account that owns the buckets. */
export const accountSecretName = (plan: { name: string }): string => `${plan.name}-account`;

/** Arguments of externalConverge. */
export interface ExternalConvergeArgs {
  /** The store. */
  plan: ExternalObjectsPlan;
  /** Where the Job stands. */
  platform: Platform;
}

/**
 * A Job that makes buckets, and users where it may, and tries what they can do; it deletes none. It is named after what it
 * makes: another config is another Job.
 */
export function externalConverge(
  name: string,
  { plan, platform }: ExternalConvergeArgs,
  opts: pulumi.CustomResourceOptions,
): void {
  const config = externalJob(plan);
  const namespace = platform.namespaces.data;
  const job = `${plan.name}-converge-${shortHash({ config, pod: convergePod({ plan, platform }, "") })}`;
  const metadata = { name: job, namespace, labels: labels("converge", plan.name) };
  new k8s.core.v1.ConfigMap(
    `${name}-config`,
    { metadata, data: { "config.json": JSON.stringify(config, null, 2) } },
    opts,
  );
  allowFlows(
    `${name}-policy`,
    {
      policy: `${plan.name}-converge`,
      namespace,
      podLabels: selector("converge", plan.name),
      ingress: [],
      egress: [],
      worldPorts: [plan.port],
    },
    opts,
  );
  new k8s.batch.v1.Job(
    name,
    {
      metadata,
      spec: {
        backoffLimit: 30,
        activeDeadlineSeconds: 3600,
        template: { metadata: { labels: metadata.labels }, spec: convergePod({ plan, platform }, job) },
      },
    },
    opts,
  );
}

function convergePod({ plan, platform }: ExternalConvergeArgs, configMap: string): k8s.types.input.core.v1.PodSpec {
  return {
    ...restrictedPod(OBJECTS_UID),
    priorityClassName: platform.priorityClasses.data,
    imagePullSecrets: platform.pullSecrets.map((secret) => ({ name: secret })),
    restartPolicy: "OnFailure",
    containers: [
      {
        ...restrictedContainer,
        name: "converge",
        image: platform.images("objects"),
        command: ["/usr/bin/tini", "--", "objects", "converge"],
        resources: containerResources(RESOURCES),
        volumeMounts: [
          { name: "tmp", mountPath: "/tmp" },
          { name: "config", mountPath: CONFIG_FOLDER, readOnly: true },
          { name: "keys", mountPath: KEYS_FOLDER, readOnly: true },
          { name: "ca", mountPath: CA_FOLDER, readOnly: true },
        ],
      },
    ],
    volumes: [
      memoryVolume("tmp", "16Mi"),
      { name: "config", configMap: { name: configMap } },
      { name: "keys", projected: { defaultMode: 0o440, sources: keyFiles(plan) } },
      caVolume({ site: plan.caSecret }),
    ],
  };
}

const keyFiles = (plan: ExternalObjectsPlan): k8s.types.input.core.v1.VolumeProjection[] => [
  ...(plan.account ? [keyFile(accountSecretName(plan), "account")] : []),
  ...plan.users.map(({ name }) => keyFile(userSecretName(plan, name), `users/${name}`)),
];
