import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { CertificatePlan } from "../../stacks/plan.ts";

/** Arguments of issuerAccount. */
export interface IssuerAccountArgs {
  /** Name of the ServiceAccount and its Roles. */
  account: string;
  /** Namespace of the account and the authority. */
  namespace: string;
  /** Labels of these objects. */
  labels: Record<string, string>;
  /** Secret of the authority: read and made, never changed. */
  authoritySecret: string;
  /** What it issues. */
  certificates: CertificatePlan[];
}

/**
 * The account of the issuing pods. In each namespace it reads and replaces the certificates' own Secrets by name. It may
 * make Secrets of any name there, since Kubernetes cannot limit that.
 */
export function issuerAccount(
  name: string,
  { account, namespace, labels, authoritySecret, certificates }: IssuerAccountArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const serviceAccount = new k8s.core.v1.ServiceAccount(
    `${name}-account`,
    { metadata: { name: account, namespace, labels }, automountServiceAccountToken: false },
    opts,
  );
  const namespaces = [...new Set([namespace, ...certificates.map((one) => one.namespace)])];
  return [
    serviceAccount,
    ...namespaces.flatMap((where) => {
      const secrets = certificates.filter((one) => one.namespace === where).map((one) => one.secret);
      const metadata = { name: account, namespace: where, labels };
      return [
        new k8s.rbac.v1.Role(
          `${name}-role-${where}`,
          {
            metadata,
            rules: [
              ...(where === namespace ? [onSecrets(["get"], [authoritySecret])] : []),
              ...(secrets.length > 0 ? [onSecrets(["get", "update"], secrets)] : []),
              onSecrets(["create"]),
            ],
          },
          opts,
        ),
        new k8s.rbac.v1.RoleBinding(
          `${name}-binding-${where}`,
          {
            metadata,
            roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: account },
            subjects: [{ kind: "ServiceAccount", name: account, namespace }],
          },
          opts,
        ),
      ];
    }),
  ];
}

const onSecrets = (verbs: string[], resourceNames?: string[]): k8s.types.input.rbac.v1.PolicyRule => ({
  apiGroups: [""],
  resources: ["secrets"],
  verbs,
  ...(resourceNames && { resourceNames }),
});
