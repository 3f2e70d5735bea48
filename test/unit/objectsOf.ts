import * as pulumi from "@pulumi/pulumi";
import { imageResolver } from "../../components/images.ts";
import type { Platform } from "../../components/platform.ts";

/** What the tests look at of a pod. */
interface PodSpec {
  containers: { env?: { name: string; value: string }[]; volumeMounts: { name: string; mountPath: string }[] }[];
  volumes: {
    name: string;
    persistentVolumeClaim?: { claimName: string };
    emptyDir?: { medium?: string };
    secret?: { secretName: string; items?: unknown };
  }[];
}

/** A Kubernetes object as a component asks for it: what the tests look at. */
export interface RequestedObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
  data?: Record<string, string>;
  stringData?: Record<string, string>;
  rules?: unknown;
  spec: {
    replicas?: number;
    selector?: { matchLabels?: Record<string, string> };
    template?: { spec: PodSpec };
    jobTemplate?: { spec: { template: { spec: PodSpec } } };
    ca?: unknown;
    commonName?: string;
    dnsNames?: string[];
    issuerRef?: { name: string };
  };
}

/** The pod of an object that makes pods. */
export function podOf({ spec }: RequestedObject): PodSpec {
  return (spec.template ?? spec.jobTemplate!.spec.template).spec;
}

/** A variable in the environment of an object's first container. */
export function envOf(object: RequestedObject, name: string): string | undefined {
  return podOf(object).containers[0]!.env?.find((one) => one.name === name)?.value;
}

/** Builds components on the SDK's mock monitor and gives the Kubernetes objects that they ask for. */
export async function objectsOf(build: () => void): Promise<RequestedObject[]> {
  const objects: RequestedObject[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        if (type.startsWith("kubernetes:")) objects.push(plain(inputs) as RequestedObject);
        return { id: `${name}-id`, state: { ...(inputs as object), result: `generated(${name})` } };
      },
      call: ({ inputs }) => inputs as object,
    },
    "archipel",
    "test",
    false,
  );
  build();
  await pulumi.runtime.disconnect();
  return objects;
}

/** The one object of a kind and name. */
export function find(objects: RequestedObject[], kind: string, name: string): RequestedObject {
  const found = objects.filter((one) => one.kind === kind && one.metadata.name === name);
  if (found.length !== 1) throw new Error(`${found.length} objects ${kind} ${name}`);
  return found[0]!;
}

/** A place to build on. */
export const platform: Platform = {
  namespaces: { system: "test-a-system", data: "test-a-data", edge: "test-a-edge", apps: "test-a-apps" },
  priorityClasses: { data: "test-a-data", edge: "test-a-edge", apps: "test-a-apps" },
  storageClass: "block",
  pullSecrets: [],
  images: imageResolver(
    {
      images: Object.fromEntries(
        ["etcd", "prometheus", "tools"].map((name) => [name, { tag: "1", digest: `sha256:${"0".repeat(64)}` }]),
      ),
    },
    "registry.example.org/archipel",
  ),
  metricsReaders: [],
  protectData: true,
};

/** Secrets arrive wrapped. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  if ("4dabf18193072939515e22adb298388d" in value && "value" in value) return plain(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
