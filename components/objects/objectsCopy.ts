import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { COPY_USER, type ObjectsPlacePlan } from "../../stacks/objectsCopyPlan.ts";
import type { ObjectsPlan } from "../../stacks/objectsPlan.ts";
import { cronJob } from "../cronJob.ts";
import { clientLabel, labels, selector } from "../labels.ts";
import { allowFlows, type Flow } from "../networkPolicy.ts";
import type { Platform } from "../platform.ts";
import { keySecret } from "./accessKeys.ts";
import { userSecretName } from "./names.ts";
import { keyFile, objectsPod } from "./objectsPod.ts";

/** rclone holds four uploads of two parts of 16 MiB, and lists of names. */
const RESOURCES = { cpu: "50m", memory: "192Mi", memoryLimit: "768Mi" };

/** Seconds after which a copy is given up; the next one goes on from there. */
const DEADLINE_SECONDS = 86_400;

/** Seconds by which a copy may begin late. */
const LATE_SECONDS = 1800;

/** Arguments of ObjectsCopy. */
export interface ObjectsCopyArgs {
  /** The store whose objects are copied. */
  plan: ObjectsPlan;
  /** What is copied where. */
  copy: ObjectsPlacePlan;
  /** Where the Jobs stand. */
  platform: Platform;
  /** The connections that reach the store; undefined: they lead out of the cluster. */
  clientFlow?: Flow;
  /** Gives a secret of the config by its key. */
  secret: (key: string) => pulumi.Output<string>;
}

/**
 * Another place of a store's objects, under keys that open nothing here: a CronJob that copies what changed to it, by itself
 * where it is the second copy. `archipel objects` runs the same Job for other ends.
 */
export class ObjectsCopy extends pulumi.ComponentResource {
  constructor(name: string, args: ObjectsCopyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("archipel:objects:ObjectsCopy", name, {}, opts);
    const { plan, copy, platform, clientFlow, secret } = args;
    const child = { parent: this };
    const namespace = platform.namespaces.data;
    const own = labels("copy", copy.name);
    const key = { accessKeyId: secret(copy.accessKeyIdFrom), secretAccessKey: secret(copy.secretAccessKeyFrom) };
    keySecret(`${name}-key`, { plan: copy, namespace, secret: copyKeySecret(copy), key }, child);
    if (copy.caFrom) {
      const metadata = { name: copyCaSecret(copy), namespace, labels: own };
      const stringData = { "ca.crt": secret(copy.caFrom) };
      new k8s.core.v1.Secret(`${name}-ca`, { metadata, type: "Opaque", stringData }, child);
    }
    const metadata = { name: copy.name, namespace, labels: own };
    const data = { "copy.json": JSON.stringify(copyConfig(plan, copy), null, 2) };
    new k8s.core.v1.ConfigMap(`${name}-config`, { metadata, data }, child);
    allowFlows(
      `${name}-policy`,
      {
        policy: copy.name,
        namespace,
        podLabels: selector("copy", copy.name),
        ingress: [],
        egress: clientFlow ? [clientFlow] : [],
        worldPorts: [...new Set([copy.port, ...(clientFlow ? [] : [plan.port])])],
      },
      child,
    );
    const pod = { metadata: { labels: { ...own, [clientLabel("objects")]: "true" } }, spec: copyPod(args) };
    cronJob(
      `${name}-schedule`,
      {
        name: copy.name,
        namespace,
        labels: own,
        schedule: copy.schedule,
        startingDeadlineSeconds: LATE_SECONDS,
        job: { backoffLimit: 2, activeDeadlineSeconds: DEADLINE_SECONDS, template: pod },
      },
      child,
    );
    this.registerOutputs({});
  }
}

/** Secret with the key of the place. */
export const copyKeySecret = (copy: ObjectsPlacePlan): string => `${copy.name}-key`;

/** Secret with its CA, where config gives one. */
export const copyCaSecret = (copy: ObjectsPlacePlan): string | undefined => copy.caFrom && `${copy.name}-ca`;

/** What the program in the image is told; keys come as files. */
function copyConfig(plan: ObjectsPlan, { place, endpoint, region, pairs, buckets }: ObjectsPlacePlan): object {
  const site = { endpoint: `https://${plan.host}:${plan.port}`, region: plan.region };
  return { place, site, copy: { endpoint, region }, pairs, buckets };
}

const copyPod = ({ plan, copy, platform }: ObjectsCopyArgs): k8s.types.input.core.v1.PodSpec =>
  objectsPod({
    platform,
    command: "copy",
    configMap: copy.name,
    keys: [keyFile(userSecretName(plan, COPY_USER), "site"), keyFile(copyKeySecret(copy), "copy")],
    cas: { site: plan.caSecret, copy: copyCaSecret(copy) },
    resources: RESOURCES,
    priorityClass: "apps",
  });
