import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { labels } from "../labels.ts";

/** Longest time until an object of Rook's is ready: the first start of a Ceph prepares every device. */
const READY = "60m";
/** Longest time until one is gone: Rook lets go of it when nothing in Ceph needs it any more. */
const GONE = "30m";

/** Arguments of cephObject. */
export interface CephObjectArgs {
  /** Kind of the object, such as CephCluster. */
  kind: string;
  /** Its name. */
  name: string;
  /** Its namespace. */
  namespace: string;
  /** Its spec. */
  spec: object;
}

/**
 * One object of Rook's. Pulumi waits until Rook calls it ready, so that what depends on it comes afterwards, and until it
 * is gone, so that what it depends on goes afterwards: Rook holds back an object that others of Ceph still need.
 */
export function cephObject(
  resource: string,
  { kind, name, namespace, spec }: CephObjectArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.apiextensions.CustomResource {
  return new k8s.apiextensions.CustomResource(
    resource,
    {
      apiVersion: "ceph.rook.io/v1",
      kind,
      metadata: {
        name,
        namespace,
        labels: labels("ceph", "ceph"),
        annotations: { "pulumi.com/waitFor": "jsonpath={.status.phase}=Ready" },
      },
      spec,
    },
    { ...opts, customTimeouts: { create: READY, update: READY, delete: GONE } },
  );
}
