import type { types } from "@pulumi/kubernetes";
import type { Resources } from "../stacks/schema/common.ts";
import type { Spread } from "../stacks/spread.ts";
import type { Platform } from "./platform.ts";

type PodSpec = types.input.core.v1.PodSpec;
type Container = types.input.core.v1.Container;

/** What `restrictedPod` and `platformPod` say of a pod. */
export type PodBase = Pick<
  PodSpec,
  | "automountServiceAccountToken"
  | "dnsConfig"
  | "enableServiceLinks"
  | "imagePullSecrets"
  | "priorityClassName"
  | "securityContext"
>;

/**
 * Pod-level settings of the restricted Pod Security standard, the pod's priority, and what its images are pulled with.
 *
 * @param uid its user, which is also the group and the owner of volumes.
 */
export function restrictedPod(
  { priorityClasses, pullSecrets }: Pick<Platform, "priorityClasses" | "pullSecrets">,
  priority: keyof Platform["priorityClasses"],
  uid: number,
): PodBase {
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: uid,
      runAsGroup: uid,
      fsGroup: uid,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    priorityClassName: priorityClasses[priority],
    imagePullSecrets: pullSecrets.map((name) => ({ name })),
  };
}

/**
 * As `restrictedPod`, for the platform's own pods. They name hosts in full, with four dots: with Kubernetes' five (`ndots`) each
 * would be looked for in every search domain first, whenever a connection is made.
 */
export const platformPod = (...args: Parameters<typeof restrictedPod>): PodBase => ({
  ...restrictedPod(...args),
  dnsConfig: { options: [{ name: "ndots", value: "2" }] },
});

/** The images' init process, which hands signals on and collects orphans, before a command. */
export const withInit = (...command: string[]): string[] => ["/usr/bin/tini", "--", ...command];

/** Container-level settings of the restricted Pod Security standard, with a read-only root file system. */
export const restrictedContainer: Pick<Container, "securityContext" | "terminationMessagePolicy"> = {
  // What a container that fails said last stands in its pod's status, where `status` and `up` find it.
  terminationMessagePolicy: "FallbackToLogsOnError",
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  },
};

/** Requests and limits of a container. Memory is bounded, CPU is not: idle cores are used. */
export function containerResources(resources: Resources): types.input.core.v1.ResourceRequirements {
  return {
    requests: { cpu: resources.cpu, memory: resources.memory, "ephemeral-storage": "64Mi" },
    limits: { memory: resources.memoryLimit, "ephemeral-storage": "1Gi" },
  };
}

/** Resources of small helpers: init containers, sidecars that only wait. */
export const smallResources: Resources = { cpu: "10m", memory: "32Mi", memoryLimit: "128Mi" };

/**
 * Keeps the pods that `matchLabels` selects apart: over nodes (hard or soft) and evenly over zones (soft).
 *
 * @param spread `required` where the site has a node for each pod.
 * @param among narrows down which of them are kept apart over nodes; default: all.
 */
export function spreadPods(
  spread: Spread,
  matchLabels: Record<string, string>,
  among: types.input.meta.v1.LabelSelectorRequirement[] = [],
): Pick<PodSpec, "affinity" | "topologySpreadConstraints"> {
  const labelSelector = { matchLabels, ...(among.length > 0 && { matchExpressions: among }) };
  const term = { labelSelector, topologyKey: "kubernetes.io/hostname" };
  return {
    affinity: {
      podAntiAffinity:
        spread === "required"
          ? { requiredDuringSchedulingIgnoredDuringExecution: [term] }
          : { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term }] },
    },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "topology.kubernetes.io/zone",
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels },
      },
    ],
  };
}

/** A memory-backed scratch volume: nothing in it reaches a disk. `limit` in Kubernetes' notation. */
export function memoryVolume(name: string, limit: string): types.input.core.v1.Volume {
  return { name, emptyDir: { medium: "Memory", sizeLimit: limit } };
}
