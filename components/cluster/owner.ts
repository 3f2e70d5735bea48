import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** Name of the record of who applies a site, in its system namespace. */
export const OWNER_CONFIG_MAP = "archipel-owner";

/**
 * Records in the cluster that Pulumi owns the site. The embedded applier writes itself in its place; each refuses where
 * it finds the other, and server-side apply turns a forgotten check into a field conflict.
 */
export function ownerRecord(name: string, namespace: string, opts: pulumi.CustomResourceOptions): pulumi.Resource {
  return new k8s.core.v1.ConfigMap(
    name,
    { metadata: { name: OWNER_CONFIG_MAP, namespace }, data: { owner: "pulumi" } },
    opts,
  );
}
