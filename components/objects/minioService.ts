import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { MinioPlan } from "../../stacks/objectsPlan.ts";
import { labels } from "../labels.ts";
import { serverSelector } from "./minioPod.ts";
import type { ObjectStoreArgs } from "./objectStore.ts";

type Args = Pick<ObjectStoreArgs<MinioPlan>, "plan" | "platform">;

/**
 * The Service where clients connect: the server on their own node, or any that is ready where none is. Kubernetes goes on sending
 * connections to a node that is lost for most of a minute; those who would have come to its server are lost with it.
 */
export function minioService(name: string, { plan, platform }: Args, opts: pulumi.CustomResourceOptions): void {
  new k8s.core.v1.Service(
    name,
    {
      metadata: { name: plan.service, namespace: platform.namespaces.data, labels: labels("server", "minio") },
      spec: {
        selector: serverSelector,
        ports: [{ name: "https", port: plan.port, targetPort: "https" }],
        trafficDistribution: "PreferSameNode",
      },
    },
    opts,
  );
}

/** Lets a drain take one server at a time. */
export function minioDisruptionBudget(
  name: string,
  { plan, platform }: Args,
  opts: pulumi.CustomResourceOptions,
): void {
  new k8s.policy.v1.PodDisruptionBudget(
    name,
    {
      metadata: { name: plan.name, namespace: platform.namespaces.data, labels: labels("server", "minio") },
      spec: { maxUnavailable: 1, selector: { matchLabels: serverSelector } },
    },
    opts,
  );
}
