import type { KubernetesObject } from "../render/manifests.ts";

interface PodStatus {
  phase: string;
  conditions?: { type: string; status: string }[];
}

/** Whether a pod ran to its end: a Job's. */
export const isFinished = (pod: KubernetesObject): boolean =>
  ["Succeeded", "Failed"].includes((pod["status"] as PodStatus).phase);

/** Whether a pod was told to end; it may be ready until it does. */
export const isEnding = ({ metadata }: KubernetesObject): boolean =>
  (metadata as { deletionTimestamp?: string }).deletionTimestamp !== undefined;

/** Whether a pod is ready. */
export const isReady = (pod: KubernetesObject): boolean =>
  (pod["status"] as PodStatus).conditions?.some((one) => one.type === "Ready" && one.status === "True") ?? false;
