import type * as pulumi from "@pulumi/pulumi";
import { labelledNamespace, pullSecretsIn, type PlatformNamespaceArgs } from "./namespace.ts";

/**
 * A namespace for what works with the nodes' own devices and file systems: Pod Security lets it do so, and so nothing else
 * stands there. Its traffic is bounded where it is known, beside the daemons.
 */
export function storageNamespace(
  name: string,
  { plan, pullSecrets, protectData }: PlatformNamespaceArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const security = { "pod-security.kubernetes.io/enforce": "privileged" };
  const namespace = labelledNamespace(name, { plan, security, protectData }, opts);
  const child = { ...opts, dependsOn: [namespace] };
  return [namespace, ...pullSecretsIn(name, { namespace: plan.name, pullSecrets }, child)];
}
