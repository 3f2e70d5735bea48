import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { NamespacePlan } from "../../stacks/plan.ts";
import { dataOptions } from "../data.ts";

/** Arguments of platformNamespace. */
export interface PlatformNamespaceArgs {
  /** Its plan. */
  plan: NamespacePlan;
  /** Image registries' credentials by name of the Secret. */
  pullSecrets: Record<string, pulumi.Output<string>>;
  /** Whether it is protected against deletion. */
  protectData: boolean;
}

/** A namespace with Pod Security (restricted), a quota, pull secrets, and no traffic but DNS until a policy allows it. */
export function platformNamespace(
  name: string,
  { plan, pullSecrets, protectData }: PlatformNamespaceArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const namespace = labelledNamespace(
    name,
    {
      plan,
      protectData,
      security: {
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/warn": "restricted",
        "pod-security.kubernetes.io/audit": "restricted",
      },
    },
    opts,
  );
  const child = { ...opts, dependsOn: [namespace] };
  return [
    namespace,
    new k8s.core.v1.ResourceQuota(
      `${name}-quota`,
      { metadata: { name: "platform", namespace: plan.name }, spec: { hard: plan.quota } },
      child,
    ),
    denyByDefault(`${name}-deny`, plan.name, child),
    ...pullSecretsIn(name, { namespace: plan.name, pullSecrets }, child),
  ];
}

/** A namespace that is marked as the platform's, with what Pod Security allows in it. */
export function labelledNamespace(
  name: string,
  {
    plan,
    security,
    protectData,
  }: Pick<PlatformNamespaceArgs, "plan" | "protectData"> & { security: Record<string, string> },
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Namespace {
  return new k8s.core.v1.Namespace(
    name,
    {
      metadata: {
        name: plan.name,
        labels: { "app.kubernetes.io/part-of": "archipel", ...security },
        // Server-side apply would take over a namespace that somebody else made; only config may say so.
        annotations: plan.adopt ? { "archipel.io/adopted": "true", "pulumi.com/patchForce": "true" } : {},
      },
    },
    { ...opts, ...dataOptions(protectData) },
  );
}

/** The image registries' credentials in a namespace. */
export const pullSecretsIn = (
  name: string,
  { namespace, pullSecrets }: { namespace: string } & Pick<PlatformNamespaceArgs, "pullSecrets">,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] =>
  Object.entries(pullSecrets).map(
    ([secret, content]) =>
      new k8s.core.v1.Secret(
        `${name}-pull-${secret}`,
        {
          metadata: { name: secret, namespace },
          type: "kubernetes.io/dockerconfigjson",
          stringData: { ".dockerconfigjson": content },
        },
        opts,
      ),
  );

function denyByDefault(name: string, namespace: string, opts: pulumi.CustomResourceOptions): pulumi.Resource {
  return new k8s.networking.v1.NetworkPolicy(
    name,
    {
      metadata: { name: "default-deny", namespace },
      spec: {
        podSelector: {},
        policyTypes: ["Ingress", "Egress"],
        egress: [
          {
            to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } } }],
            ports: [
              { port: 53, protocol: "UDP" },
              { port: 53, protocol: "TCP" },
            ],
          },
        ],
      },
    },
    opts,
  );
}
