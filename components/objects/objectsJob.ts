import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { shortHash } from "../hash.ts";
import { labels, selector } from "../labels.ts";
import { allowFlows, type FlowsArgs } from "../networkPolicy.ts";
import type { Platform } from "../platform.ts";
import { containerResources, memoryVolume, restrictedContainer, restrictedPod } from "../pod.ts";
import { CA_FOLDER, caVolume, CONFIG_FOLDER, keyFile, KEYS_FOLDER, OBJECTS_UID } from "./objectsPod.ts";

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
 * A Job that makes buckets, and users where it may, and tries what they can do; it deletes none. It is named after what it
 * makes: another config is another Job.
 */
export function objectsJob(name: string, args: ObjectsJobArgs, opts: pulumi.CustomResourceOptions): void {
  const { store, config, platform, podLabels, flows } = args;
  const namespace = platform.namespaces.data;
  const job = `${store}-converge-${shortHash({ config, pod: jobPod(args, "") })}`;
  const metadata = { name: job, namespace, labels: labels("converge", store) };
  new k8s.core.v1.ConfigMap(
    `${name}-config`,
    { metadata, data: { "config.json": JSON.stringify(config, null, 2) } },
    opts,
  );
  allowFlows(
    `${name}-policy`,
    { policy: `${store}-converge`, namespace, podLabels: selector("converge", store), ingress: [], ...flows },
    opts,
  );
  new k8s.batch.v1.Job(
    name,
    {
      metadata,
      spec: {
        backoffLimit: 30,
        activeDeadlineSeconds: 3600,
        template: { metadata: { labels: { ...metadata.labels, ...podLabels } }, spec: jobPod(args, job) },
      },
    },
    opts,
  );
}

function jobPod(args: ObjectsJobArgs, configMap: string): k8s.types.input.core.v1.PodSpec {
  const { platform, ca } = args;
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
      { name: "keys", projected: { defaultMode: 0o440, sources: keyFiles(args) } },
      caVolume({ site: ca }),
    ],
  };
}

const keyFiles = ({ account, users }: ObjectsJobArgs): k8s.types.input.core.v1.VolumeProjection[] => [
  ...(account ? [keyFile(account, "account")] : []),
  ...Object.entries(users).map(([user, secret]) => keyFile(secret, `users/${user}`)),
];
