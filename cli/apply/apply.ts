import { KubectlError, type Kubectl } from "../kubectl.ts";
import type { KubernetesObject } from "../render/manifests.ts";
import type { Step } from "../step.ts";
import { UserError } from "../userError.ts";
import { objectsBeforeTheRest } from "./beforeTheRest.ts";
import { fillIn, generatedValues } from "./generatedValues.ts";
import {
  changesBetween,
  deleteObjects,
  inventoryOf,
  readInventory,
  writeInventory,
  type Changes,
} from "./inventory.ts";
import { withLease } from "./lease.ts";
import { claimOwnership } from "./owner.ts";
import { waitReady } from "./ready.ts";
import { replaceStuck, startAgain } from "./startAgain.ts";

/** Order in which kinds are applied: what others refer to first. Kinds that are not here come last. */
const KIND_ORDER = [
  "Namespace",
  "PriorityClass",
  "ResourceQuota",
  "NetworkPolicy",
  "ServiceAccount",
  "ClusterRole",
  "ClusterRoleBinding",
  "Role",
  "RoleBinding",
  "ConfigMap",
  "Secret",
  "Service",
  "StorageClass",
  "PersistentVolume",
  "PersistentVolumeClaim",
  "PodDisruptionBudget",
  "StatefulSet",
  "Deployment",
];

/** Owner of the fields that this way applies, as the cluster records it. */
export const EMBEDDED_FIELD_MANAGER = "archipel";

/** Arguments of applySite. */
export interface ApplyArgs {
  /** The site's rendered objects. */
  objects: KubernetesObject[];
  /** The site's system namespace, which holds the inventory. */
  systemNamespace: string;
  /** Shows the steps. */
  step: Step;
  /** Seconds until everything must be ready. */
  timeoutSeconds: number;
}

/** What a run did. */
export interface Applied extends Changes {
  /** Objects in all. */
  total: number;
}

/**
 * Applies a site's objects by server-side apply and deletes what config no longer has, except what may hold data. Run
 * again after any interruption, it goes on.
 *
 * @throws UserError when another run is at work, the cluster refuses an object, or a Job finds before anything else is
 *   touched that it could not work.
 */
export async function applySite(kubectl: Kubectl, args: ApplyArgs): Promise<Applied> {
  const { objects, systemNamespace, step, timeoutSeconds } = args;
  const rank = (kind: string): number => (KIND_ORDER.includes(kind) ? KIND_ORDER.indexOf(kind) : KIND_ORDER.length);
  const ordered = objects.toSorted((a, b) => rank(a.kind) - rank(b.kind));
  const namespaces = ordered.filter((one) => one.kind === "Namespace");
  await applyObjects(kubectl, namespaces);
  return withLease(kubectl, systemNamespace, async () => {
    const before = await readInventory(kubectl, systemNamespace);
    const after = inventoryOf(ordered);
    const changes = changesBetween(before, after);
    const values = generatedValues(ordered, await kubectl.list(["secrets", "--all-namespaces"]));
    const bring = async (some: KubernetesObject[]): Promise<void> => {
      // Written before anything is applied: a run that ends here leaves nothing that the next one does not know.
      await writeInventory(kubectl, systemNamespace, { ...before, ...inventoryOf(some) });
      await startAgain(kubectl, some);
      await applyObjects(kubectl, fillIn(claimOwnership(some), values));
      await replaceStuck(kubectl, some);
    };
    const first = objectsBeforeTheRest(ordered);
    if (first.length > 0) {
      await step("Checks", async (report) => {
        await bring(first);
        const left = "nothing else was touched";
        await waitReady(kubectl, { objects: first, timeoutSeconds, report, left });
      });
    }
    await step("Resources", async (report) => {
      report(`${ordered.length} objects`);
      await bring(ordered);
    });
    await step("Ready", (report) => waitReady(kubectl, { objects: ordered, timeoutSeconds, report }));
    // What config no longer has goes last: until the new is ready, the old may still be needed.
    await deleteObjects(kubectl, changes.removed);
    await writeInventory(kubectl, systemNamespace, after);
    return { ...changes, total: ordered.length };
  });
}

/** The API server repeats a whole object where one field of it is wrong: the beginning names it, the end says why. */
const shortLines = (text: string): string =>
  text
    .split("\n")
    .map((line) => (line.length > 400 ? `${line.slice(0, 200)} … ${line.slice(-150)}` : line))
    .join("\n");

async function applyObjects(kubectl: Kubectl, objects: KubernetesObject[]): Promise<void> {
  const list = { apiVersion: "v1", kind: "List", items: objects };
  try {
    await kubectl.run(
      ["apply", "--server-side", "--field-manager", EMBEDDED_FIELD_MANAGER, "--filename", "-"],
      JSON.stringify(list),
    );
  } catch (error) {
    if (error instanceof KubectlError)
      throw new UserError(`the cluster refused objects:\n${shortLines(error.message)}`);
    throw error;
  }
}
