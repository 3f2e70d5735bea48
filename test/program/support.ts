import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../cli/projectRoot.ts";
import { evaluateConfig, type Resource } from "../../cli/render/evaluate.ts";
import { isKubernetes, type KubernetesObject } from "../../cli/render/manifests.ts";
import { readConfigFile, readStackFile, type StackConfig } from "../../cli/render/stackFile.ts";

/** Raw values of a committed stack: objects parsed. */
export const rawConfig = (stack: string): Record<string, unknown> => parsed(readStackFile(projectRoot, stack));

const STACKS = join(import.meta.dirname, "stacks");

/** Names of the stacks that only tests evaluate: files in `stacks`. */
export const fixtureNames = (): string[] => readdirSync(STACKS).map((file) => file.replace(/\.yaml$/, ""));

/** Raw values of a stack that only tests evaluate. */
export const fixtureConfig = (name: string): Record<string, unknown> =>
  parsed(readConfigFile(projectRoot, join(STACKS, `${name}.yaml`)));

function parsed({ values, secrets }: StackConfig): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      key.startsWith("archipel:") && !secrets.includes(key) ? JSON.parse(value) : value,
    ]),
  );
}

/** Evaluates a raw config under a stack name. */
export function evaluateRaw(stack: string, raw: Record<string, unknown>): Promise<Resource[]> {
  const values = Object.entries(raw).filter(([, value]) => value !== undefined);
  return evaluateConfig(stack, {
    values: Object.fromEntries(
      values.map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
    ),
    secrets: [],
  });
}

/** The Kubernetes objects of an evaluation, of one kind if it is given. */
export function objectsOf(resources: Resource[], ...kinds: string[]): KubernetesObject[] {
  return resources
    .filter(isKubernetes)
    .map((one) => one.inputs as KubernetesObject)
    .filter((one) => kinds.length === 0 || kinds.includes(one.kind));
}

/** The parts of a pod's spec that tests look at. */
export interface PodSpec {
  automountServiceAccountToken?: boolean;
  serviceAccountName?: string;
  priorityClassName?: string;
  terminationGracePeriodSeconds?: number;
  securityContext?: { runAsNonRoot?: boolean; runAsUser?: number; seccompProfile?: { type: string } };
  affinity?: { podAntiAffinity?: Record<string, unknown> };
  containers: Container[];
  initContainers?: Container[];
  volumes?: { name: string; secret?: { secretName: string }; projected?: unknown; emptyDir?: { medium?: string } }[];
}

/** The parts of a container that tests look at. */
export interface Container {
  name: string;
  image: string;
  env?: { name: string; value?: string }[];
  command?: string[];
  args?: string[];
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
  startupProbe?: unknown;
  livenessProbe?: unknown;
  readinessProbe?: unknown;
  securityContext?: {
    allowPrivilegeEscalation?: boolean;
    readOnlyRootFilesystem?: boolean;
    capabilities?: { drop?: string[] };
  };
  volumeMounts?: { name: string; mountPath: string }[];
}

/** A pod template with the object that makes it. */
export interface PodTemplate {
  owner: KubernetesObject;
  labels: Record<string, string>;
  spec: PodSpec;
}

/** Every pod template of a program. */
export function podTemplates(resources: Resource[]): PodTemplate[] {
  return objectsOf(resources, "Deployment", "StatefulSet", "Job", "CronJob").map((owner) => {
    const spec = owner["spec"] as { template?: Template; jobTemplate?: { spec: { template: Template } } };
    const template = spec.template ?? spec.jobTemplate!.spec.template;
    return { owner, labels: template.metadata?.labels ?? {}, spec: template.spec };
  });
}

interface Template {
  metadata?: { labels?: Record<string, string> };
  spec: PodSpec;
}

/** Text of a committed golden file. */
export const golden = (...path: string[]): string => readFileSync(join(import.meta.dirname, "golden", ...path), "utf8");
