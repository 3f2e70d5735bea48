import type { Target } from "./target.ts";

type Place = Pick<Target, "kubectl" | "namespace">;

/** What an order to the members says, by its keys; undefined: none stands. */
export async function readOrder(
  { kubectl, namespace }: Place,
  name: string,
): Promise<Record<string, string> | undefined> {
  const [found] = await kubectl.list(["configmap", name, "--namespace", namespace]);
  return found?.["data"] as Record<string, string> | undefined;
}

/** Gives the members an order, in place of one that stands. */
export async function writeOrder(
  { kubectl, namespace }: Place,
  name: string,
  data: Record<string, string>,
): Promise<void> {
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data };
  await kubectl.run(["apply", "--server-side", "--force-conflicts", "--filename", "-"], JSON.stringify(object));
}

/** Takes an order away. */
export async function removeOrder({ kubectl, namespace }: Place, name: string): Promise<void> {
  await kubectl.run(["delete", "configmap", name, "--namespace", namespace, "--ignore-not-found"]);
}
