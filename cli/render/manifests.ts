import { stringify } from "yaml";
import type { Resource } from "./evaluate.ts";

/** One Kubernetes object of a site. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    /** Set by the API server. */
    creationTimestamp?: string;
  };
  [field: string]: unknown;
}

/** A render: files by path, relative to the output folder. */
export type Files = Record<string, string>;

/** Whether a resource is an object in a Kubernetes cluster. */
export const isKubernetes = (resource: Resource): boolean =>
  resource.type.startsWith("kubernetes:") && typeof resource.inputs["kind"] === "string";

/** Type of a Helm chart's release: a resource that stands for objects nobody sees before it is installed. */
const RELEASE = "kubernetes:helm.sh/v3:Release";

/** Name of the site whose cluster holds a resource: its provider is named `<site>-cluster-provider`. */
export function siteOf(resource: Resource): string {
  const match = /::([^:]+)-cluster-provider::/.exec(resource.provider);
  if (!match) throw new Error(`${resource.urn} does not use the provider of a site's cluster`);
  return match[1]!;
}

/** A Helm chart that a site needs, which only Pulumi's engine installs. */
interface Release {
  name: string;
  namespace: string;
  chart: string;
  version: string;
  repositoryOpts?: { repo: string };
}

/** What must be there before a site's objects are applied, as comments at their head. */
function prerequisites(resources: Resource[], site: string): string {
  return resources
    .filter((one) => one.type === RELEASE && siteOf(one) === site)
    .map(({ inputs }) => {
      const { name, namespace, chart, version, repositoryOpts } = inputs as unknown as Release;
      const from = repositoryOpts ? ` of ${repositoryOpts.repo}` : "";
      return `# Needed first: chart ${chart} ${version}${from} as release ${name} in namespace ${namespace}\n`;
    })
    .join("");
}

/** The Kubernetes objects of each site, in the order of their URNs. */
export function objectsBySite(resources: Resource[]): Map<string, KubernetesObject[]> {
  const sites = new Map<string, KubernetesObject[]>();
  for (const resource of resources.filter(isKubernetes)) {
    const objects = sites.get(siteOf(resource)) ?? [];
    objects.push(resource.inputs as KubernetesObject);
    sites.set(siteOf(resource), objects);
  }
  return sites;
}

/**
 * YAML that is the same for the same content: sorted keys, no anchors, no line wrapping. Kubernetes reads version 1.1, in
 * which an unquoted `on` is a boolean.
 */
export const toYaml = (value: unknown): string =>
  stringify(value, { version: "1.1", sortMapEntries: true, aliasDuplicateObjects: false, lineWidth: 0 });

/**
 * The files of a render: `<site>.yaml` with the Kubernetes objects of each site and what they need beforehand, and
 * `resources.yaml` with every resource's options and the inputs of what is not a Kubernetes object.
 */
export function renderFiles(resources: Resource[]): Files {
  const manifests = [...objectsBySite(resources)].map(([site, objects]) => [
    `${site}.yaml`,
    prerequisites(resources, site) + objects.map(toYaml).join("---\n"),
  ]);
  const listed = resources.map((resource) => {
    const { urn, provider, options, inputs } = resource;
    return { urn, ...(provider && { provider }), options, ...(!isKubernetes(resource) && { inputs }) };
  });
  return Object.fromEntries([...manifests, ["resources.yaml", toYaml(listed)]]) as Files;
}
