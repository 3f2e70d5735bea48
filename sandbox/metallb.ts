import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { parseAllDocuments, stringify } from "yaml";
import { tool } from "./toolchain/build.ts";

/** What is used of a Kubernetes object in MetalLB's manifest. */
interface KubernetesObject {
  kind: string;
  metadata: { name: string };
  spec?: {
    conversion?: unknown;
    template?: { spec: { containers: { name: string; image: string }[] } };
  };
}

/** Objects that go with a controller in a pod: here it is a process of the control machine. */
const withController = ["Deployment", "Secret", "Service", "ValidatingWebhookConfiguration"];

/** MetalLB's own manifest without what belongs to a controller in a pod, as YAML. */
export async function metallbManifest(): Promise<string> {
  const objects = (await read()).filter((each) => !withController.includes(each.kind));
  for (const each of objects) {
    // Conversion between versions would ask the controller's web server.
    if (each.kind === "CustomResourceDefinition") delete each.spec?.conversion;
  }
  return objects.map((each) => stringify(each)).join("---\n");
}

/** The key with which speakers know one another, as YAML of a new Secret. */
export function metallbSecret(): string {
  return stringify({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "memberlist", namespace: "metallb-system" },
    stringData: { secretkey: randomBytes(32).toString("base64") },
  });
}

/** The image that MetalLB's manifest names for a container. */
export async function metallbImage(container: string): Promise<string> {
  const containers = (await read()).flatMap((each) => each.spec?.template?.spec.containers ?? []);
  const image = containers.find((each) => each.name === container)?.image;
  if (!image) throw new Error(`MetalLB's manifest has no container ${container}`);
  return image;
}

async function read(): Promise<KubernetesObject[]> {
  const documents = parseAllDocuments(await readFile(tool("metallb.yaml"), "utf8"));
  return documents.map((each) => each.toJS() as KubernetesObject | null).filter((each) => each !== null);
}
