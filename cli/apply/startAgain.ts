import type { Kubectl } from "../kubectl.ts";
import type { KubernetesObject } from "../render/manifests.ts";
import {
  cannotStart,
  hasFailed,
  isReady,
  listJobPods,
  listPods,
  listWorkloads,
  podsOf,
  sameObject,
  triedBefore,
} from "./workloads.ts";

/**
 * Lets Jobs begin again at once that an earlier run left without success: what stood in their way may be gone, and the
 * cluster would wait for up to minutes before it tries again, or has given up.
 *
 * @param objects the rendered objects; only Jobs among them are touched.
 */
export async function startAgain(kubectl: Kubectl, objects: KubernetesObject[]): Promise<void> {
  const live = await listWorkloads(kubectl);
  const unfinished = live.filter(
    (one) => one.kind === "Job" && !isReady(one) && objects.some((other) => sameObject(one, other)),
  );
  if (unfinished.length === 0) return;
  const pods = await listJobPods(kubectl);
  for (const job of unfinished) {
    const gone = hasFailed(job)
      ? [`job/${job.metadata.name}`]
      : podsOf(job, pods)
          .filter(triedBefore)
          .map(({ metadata }) => `pod/${metadata.name}`);
    if (gone.length === 0) continue;
    await kubectl.run(["delete", ...gone, "--namespace", job.metadata.namespace ?? "", "--ignore-not-found"]);
  }
}

/**
 * Lets members begin again that said of an earlier config that no other try can help: their next pods have the present one, where
 * the ones that are there would learn of it a minute later, and wait for longer than that between two tries.
 *
 * @param objects the rendered objects, applied; only pods that wait are touched.
 */
export async function replaceStuck(kubectl: Kubectl, objects: KubernetesObject[]): Promise<void> {
  const members = objects.filter(({ kind }) => kind === "StatefulSet" || kind === "Deployment");
  if (members.length === 0) return;
  const stuck = (await listPods(kubectl)).filter((pod) => cannotStart(pod));
  const found = members.flatMap((member) => podsOf(member, stuck));
  // All of a namespace at once: one that is told later may have begun another try, with the present config, which must not be cut off.
  for (const namespace of new Set(found.map(({ metadata }) => metadata.namespace ?? ""))) {
    const names = found.filter(({ metadata }) => metadata.namespace === namespace).map(({ metadata }) => metadata.name);
    await kubectl.run(["delete", "pod", ...names, "--namespace", namespace, "--ignore-not-found"]);
  }
}
