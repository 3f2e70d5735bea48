import type { Role } from "../stacks/names.ts";
import type { ImageResolver } from "./images.ts";

/** What every component of a site is told about the place where it stands. */
export interface Platform {
  /** Full names of the site's namespaces. */
  namespaces: Record<Role, string>;
  /** Names of the PriorityClasses. */
  priorityClasses: Record<"data" | "edge" | "apps", string>;
  /** StorageClass of volumes for one node at a time. */
  storageClass: string;
  /** `loadBalancerClass` of Services; undefined: the cluster's default. */
  loadBalancerClass?: string;
  /** Names of the pull secrets, the same in every namespace. */
  pullSecrets: string[];
  /** Gives the full reference of an image by its name in the lock. */
  images: ImageResolver;
  /** Pods that read metrics: in which namespace, with which labels. Empty where nobody reads them. */
  metricsReaders: { namespace: string; podLabels: Record<string, string> }[];
  /** Whether what holds data is protected against deletion; false only in sandboxes. */
  protectData: boolean;
}
