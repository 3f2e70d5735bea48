import { z } from "zod";
import { bytes, configKey, cpu, shortName } from "./common.ts";

/** Where the credentials of an existing cluster come from. */
const kubeconfig = z
  .union([
    z.strictObject({ path: z.string().min(1).describe("path of a kubeconfig file, ~ allowed") }),
    z.strictObject({ contentFrom: configKey("config key with the kubeconfig's text") }),
  ])
  .describe("a kubeconfig: {path: FILE} or {contentFrom: CONFIG_KEY}");

const existingCluster = z.strictObject({
  kind: z.literal("existing").default("existing").describe("existing"),
  kubeconfig: kubeconfig.optional(),
  context: z.string().min(1).optional().describe("context inside the kubeconfig; default: its current one"),
});

const certificates = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("internal"),
      lifetimeHours: z
        .int()
        .min(1)
        .max(8760)
        .default(720)
        .describe("hours that a server certificate is valid: 1 to 8760; renewed when a third is left"),
    }),
    z.strictObject({
      kind: z.literal("cert-manager"),
      edgeIssuer: z
        .string()
        .min(1)
        .optional()
        .describe("ClusterIssuer (ACME or the institution's) for the edge's host names; default: the site's own CA"),
      namespace: z
        .string()
        .min(1)
        .default("cert-manager")
        .describe("cert-manager's cluster resource namespace, which holds the key of the site's CA"),
      lifetimeHours: z.int().min(1).max(8760).default(720).describe("hours that a server certificate is valid"),
    }),
  ])
  .prefault({ kind: "internal" })
  .describe("how server certificates are made: kind internal or cert-manager");

const quota = z
  .strictObject({
    pods: z.int().min(1).max(10000).optional().describe("most pods: 1 to 10000"),
    cpu: cpu("most CPU requested in all").optional(),
    memory: bytes("most memory requested in all").optional(),
    storage: bytes("most storage claimed in all").optional(),
  })
  .describe("upper bounds for one namespace");

const capabilities = z
  .strictObject({
    nodes: z.int().min(1).max(1000).describe("worker nodes that take pods: 1 to 1000"),
    zones: z
      .array(z.string().min(1))
      .default([])
      .describe("values of the nodes' label topology.kubernetes.io/zone; empty where there are none"),
    storageClasses: z
      .strictObject({ block: z.string().min(1).describe("StorageClass of volumes for one node at a time") })
      .describe("StorageClasses by use: {block: NAME}"),
    loadBalancerClass: z
      .string()
      .min(1)
      .optional()
      .describe("loadBalancerClass of Services; default: the cluster's default"),
    pullSecrets: z
      .array(
        z.strictObject({
          name: shortName("name of the pull secret"),
          contentFrom: configKey("config key with a .dockerconfigjson"),
        }),
      )
      .default([])
      .describe("credentials of image registries, made in every namespace of the platform"),
    certificates,
  })
  .describe("what the site has; compared with the cluster before anything is applied");

const site = z.strictObject({
  name: shortName("name of the site"),
  sandbox: z
    .boolean()
    .default(false)
    .describe("true: a throw-away cluster on this machine; its data is not protected against deletion"),
  cluster: existingCluster.prefault({}).describe("the site's Kubernetes cluster"),
  capabilities,
  quotas: z
    .strictObject({ system: quota.optional(), data: quota.optional(), edge: quota.optional(), apps: quota.optional() })
    .prefault({})
    .describe("upper bounds by namespace: system, data, edge, apps"),
  adoptNamespaces: z
    .array(z.string().min(1))
    .default([])
    .describe("existing namespaces that the platform may take over, by full name"),
});

/** Key `archipel:sites`: the sites, the first one the primary. */
export const sites = z.array(site).min(1).max(9).describe("the sites: a list of 1 to 9");

/** One site as config describes it. */
export type SiteConfig = z.output<typeof site>;
/** What a site has. */
export type Capabilities = SiteConfig["capabilities"];
