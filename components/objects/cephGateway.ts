import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { CephPlan } from "../../stacks/cephPlan.ts";
import { dataOptions } from "../data.ts";
import type { Platform } from "../platform.ts";
import { apart, appLabel, daemonResources, poolSpec } from "./cephCluster.ts";
import { cephObject } from "./cephObject.ts";

/** Where Rook mounts the gateways' certificate. */
const CERTIFICATE = "/etc/ceph/private/rgw-cert.pem";
const PRIVATE_KEY = "/etc/ceph/private/rgw-key.pem";
/** Seconds between two looks at the certificate. */
const RELOAD_SECONDS = 300;

/** Arguments of cephGateway. */
export interface CephGatewayArgs {
  /** Ceph, as planned. */
  plan: CephPlan;
  /** Where it stands. */
  platform: Platform;
}

/** Labels that select the gateways' pods. */
export const gatewaySelector = ({ names }: CephPlan): Record<string, string> => ({
  ...appLabel("rgw"),
  rook_object_store: names.store,
});

/** The object store: its pools, and the gateways that speak S3 over TLS only. */
export function cephGateway(
  name: string,
  { plan, platform }: CephGatewayArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.apiextensions.CustomResource {
  return cephObject(
    name,
    {
      kind: "CephObjectStore",
      name: plan.names.store,
      namespace: plan.namespace,
      spec: {
        metadataPool: poolSpec(plan),
        // What grows largest has its share of the placement groups from the beginning.
        dataPool: poolSpec(plan, { bulk: "true" }),
        preservePoolsOnDelete: platform.protectData,
        allowUsersInNamespaces: [platform.namespaces.data],
        protocols: { enableAPIs: ["s3", "admin", "iam"] },
        gateway: {
          securePort: plan.port,
          sslCertificateRef: plan.certificate,
          instances: plan.gateways,
          placement: apart("rgw"),
          priorityClassName: platform.priorityClasses.data,
          resources: daemonResources(plan.resources.rgw),
          rgwCommandFlags: { rgw_frontends: frontend(plan) },
        },
      },
    },
    { ...opts, ...dataOptions(platform.protectData) },
  );
}

/** What Rook says of the front end, and that a renewed certificate is taken over without a restart. */
const frontend = ({ port }: CephPlan): string =>
  [
    "beast",
    `ssl_port=${port}`,
    `ssl_certificate=${CERTIFICATE}`,
    `ssl_private_key=${PRIVATE_KEY}`,
    `ssl_reload=${RELOAD_SECONDS}`,
  ].join(" ");
