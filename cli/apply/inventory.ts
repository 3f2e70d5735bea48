import type { Kubectl } from "../kubectl.ts";
import type { KubernetesObject } from "../render/manifests.ts";
import { shortHash } from "../../components/hash.ts";

/** What the last run applied to a site: the hash of each object's rendered content by its reference. */
export type Inventory = Record<string, string>;

const NAME = "archipel-inventory";

/** Kinds that may hold data or own what does: never deleted because config no longer has them. */
const KEPT_KINDS = [
  "Secret",
  "PersistentVolumeClaim",
  "PersistentVolume",
  "Namespace",
  "CephCluster",
  "CephBlockPool",
  "CephFilesystem",
  "CephObjectStore",
  "CephObjectStoreUser",
];

/** A reference that `kubectl delete` takes: `Kind.version.group/name` and the namespace, separated by a space. */
export function reference(object: KubernetesObject): string {
  const [group, version] = object.apiVersion.includes("/") ? object.apiVersion.split("/") : ["", object.apiVersion];
  const kind = group ? `${object.kind}.${version}.${group}` : object.kind;
  return `${kind}/${object.metadata.name} ${object.metadata.namespace ?? ""}`.trim();
}

/** The inventory of rendered objects. */
export const inventoryOf = (objects: KubernetesObject[]): Inventory =>
  Object.fromEntries(objects.map((object) => [reference(object), shortHash(object)]));

/** How many objects differ from the last run. */
export interface Changes {
  /** References of objects that are new. */
  added: string[];
  /** References of objects whose content is another. */
  changed: string[];
  /** References of objects that config no longer has and that are deleted. */
  removed: string[];
  /** References of objects that config no longer has and that are kept, since they may hold data. */
  kept: string[];
}

/** Compares two inventories. */
export function changesBetween(before: Inventory, after: Inventory): Changes {
  const gone = Object.keys(before).filter((one) => !(one in after));
  const isKept = (one: string): boolean => KEPT_KINDS.includes(one.split(/[./]/)[0]!);
  return {
    added: Object.keys(after).filter((one) => !(one in before)),
    changed: Object.keys(after).filter((one) => one in before && before[one] !== after[one]),
    removed: gone.filter((one) => !isKept(one)),
    kept: gone.filter(isKept),
  };
}

/** Reads a site's inventory; an empty one where nothing was applied yet. */
export async function readInventory(kubectl: Kubectl, namespace: string): Promise<Inventory> {
  const [map] = await kubectl.list(["configmap", NAME, "--namespace", namespace]);
  const text = (map?.["data"] as { inventory?: string } | undefined)?.inventory;
  return text ? (JSON.parse(text) as Inventory) : {};
}

/** Writes a site's inventory. */
export async function writeInventory(kubectl: Kubectl, namespace: string, inventory: Inventory): Promise<void> {
  const map = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: NAME, namespace },
    data: { inventory: JSON.stringify(inventory) },
  };
  await kubectl.run(["apply", "--server-side", "--field-manager", "archipel", "--filename", "-"], JSON.stringify(map));
}

/** Deletes objects by reference. */
export async function deleteObjects(kubectl: Kubectl, references: string[]): Promise<void> {
  const byNamespace = new Map<string, string[]>();
  for (const one of references) {
    const [name, namespace = ""] = one.split(" ") as [string, string?];
    byNamespace.set(namespace, [...(byNamespace.get(namespace) ?? []), name]);
  }
  for (const [namespace, names] of byNamespace) {
    const place = namespace ? ["--namespace", namespace] : [];
    await kubectl.run(["delete", ...place, "--ignore-not-found", "--wait=false", ...names]);
  }
}
