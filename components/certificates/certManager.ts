import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { CertificatePlan } from "../../stacks/plan.ts";
import { labels } from "../labels.ts";
import type { CertificatesArgs } from "./certificates.ts";

const API = "cert-manager.io/v1";
/** Hours that the site's authority is valid: ten years. cert-manager renews it with the same key a year before. */
const AUTHORITY_HOURS = 87600;

/**
 * Certificates made by the cluster's cert-manager.
 *
 * One authority serves the site's namespaces, so it is a ClusterIssuer: an Issuer reads its key from its own namespace,
 * and one per namespace would spread the key over all of them. A ClusterIssuer's key lies in cert-manager's own namespace
 * (its cluster resource namespace), where no pod of the platform runs.
 */
export class CertManagerCertificates extends pulumi.ComponentResource {
  constructor(name: string, args: CertificatesArgs<"cert-manager">, opts?: pulumi.ComponentResourceOptions) {
    super("archipel:certificates:CertManagerCertificates", name, {}, opts);
    const child = { parent: this };
    const { config, certificates, platform } = args;
    // Unique in the cluster, as the namespace's name is: it carries stack and site.
    const authority = `${platform.namespaces.system}-authority`;
    const issuer = authorityIssuer(name, authority, config.namespace, child);
    for (const plan of certificates) {
      certificate(name, plan, issuerOf(plan, config.edgeIssuer, authority), config.lifetimeHours, {
        ...child,
        dependsOn: [issuer],
      });
    }
    this.registerOutputs({});
  }
}

/** A public issuer vouches for public names only: an edge without routes has none. */
function issuerOf(plan: CertificatePlan, edgeIssuer: string | undefined, authority: string) {
  const isPublic = edgeIssuer !== undefined && plan.publicNames.length > 0;
  return { isPublic, name: isPublic ? edgeIssuer : authority };
}

/** A root that signs itself, and the issuer that signs with it. */
function authorityIssuer(
  name: string,
  authority: string,
  namespace: string,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const root = `${authority}-root`;
  const own = labels("issuer", "certificates");
  const selfSigned = new k8s.apiextensions.CustomResource(
    `${name}-root`,
    { apiVersion: API, kind: "ClusterIssuer", metadata: { name: root, labels: own }, spec: { selfSigned: {} } },
    opts,
  );
  const ca = new k8s.apiextensions.CustomResource(
    `${name}-authority`,
    {
      apiVersion: API,
      kind: "Certificate",
      metadata: { name: authority, namespace, labels: own },
      spec: {
        isCA: true,
        commonName: authority,
        secretName: authority,
        duration: `${AUTHORITY_HOURS}h`,
        renewBefore: "8760h",
        privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Never" },
        usages: ["cert sign", "crl sign"],
        issuerRef: { group: "cert-manager.io", kind: "ClusterIssuer", name: root },
      },
    },
    { ...opts, dependsOn: [selfSigned] },
  );
  return new k8s.apiextensions.CustomResource(
    `${name}-issuer`,
    {
      apiVersion: API,
      kind: "ClusterIssuer",
      metadata: { name: authority, labels: own },
      spec: { ca: { secretName: authority } },
    },
    { ...opts, dependsOn: [ca] },
  );
}

/** cert-manager renews when a third of the lifetime is left, which is its default. */
function certificate(
  name: string,
  plan: CertificatePlan,
  issuer: { isPublic: boolean; name: string },
  lifetimeHours: number,
  opts: pulumi.CustomResourceOptions,
): void {
  const own = labels("certificate", "certificates", plan.secret);
  new k8s.apiextensions.CustomResource(
    `${name}-${plan.namespace}-${plan.secret}`,
    {
      apiVersion: API,
      kind: "Certificate",
      metadata: { name: plan.secret, namespace: plan.namespace, labels: own },
      spec: {
        secretName: plan.secret,
        secretTemplate: { labels: own },
        revisionHistoryLimit: 1,
        ...(issuer.isPublic
          ? { dnsNames: plan.publicNames }
          : {
              commonName: plan.commonName,
              dnsNames: plan.dnsNames,
              ...(plan.ipAddresses.length > 0 && { ipAddresses: plan.ipAddresses }),
              duration: `${lifetimeHours}h`,
            }),
        privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
        usages: ["digital signature", ...plan.usages.map((usage) => `${usage} auth`)],
        issuerRef: { group: "cert-manager.io", kind: "ClusterIssuer", name: issuer.name },
      },
    },
    opts,
  );
}
