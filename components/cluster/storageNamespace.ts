import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { dataOptions } from "../data.ts";
import type { PlatformNamespaceArgs } from "./namespace.ts";

/**
 * A namespace for what works with the nodes' own devices and file systems: Pod Security lets it do so, and so nothing else
 * stands there. Its traffic is bounded where it is known, beside the daemons.
 */
export function storageNamespace(
  name: string,
  { plan, pullSecrets, protectData }: PlatformNamespaceArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const namespace = new k8s.core.v1.Namespace(
    name,
    {
      metadata: {
        name: plan.name,
        labels: { "app.kubernetes.io/part-of": "archipel", "pod-security.kubernetes.io/enforce": "privileged" },
        annotations: plan.adopt ? { "archipel.io/adopted": "true", "pulumi.com/patchForce": "true" } : {},
      },
    },
    { ...opts, ...dataOptions(protectData) },
  );
  return [
    namespace,
    ...Object.entries(pullSecrets).map(
      ([secret, content]) =>
        new k8s.core.v1.Secret(
          `${name}-pull-${secret}`,
          {
            metadata: { name: secret, namespace: plan.name },
            type: "kubernetes.io/dockerconfigjson",
            stringData: { ".dockerconfigjson": content },
          },
          { ...opts, dependsOn: [namespace] },
        ),
    ),
  ];
}
