import { BEFORE_THE_REST } from "../../components/job.ts";
import type { KubernetesObject } from "../render/manifests.ts";

/** What every pod needs to be made at all. */
const NEEDED_BY_PODS = ["Namespace", "PriorityClass"];

/**
 * What is applied, and must have succeeded, before anything else of a site is touched: the Jobs that are marked so, what they are
 * marked to need, and what every pod needs. Nothing where no Job is marked.
 *
 * @param objects the site's objects in the order in which they are applied, which stays.
 */
export function objectsBeforeTheRest(objects: KubernetesObject[]): KubernetesObject[] {
  const marked = (one: KubernetesObject): boolean => one.metadata.annotations?.[BEFORE_THE_REST] !== undefined;
  if (!objects.some((one) => one.kind === "Job" && marked(one))) return [];
  return objects.filter((one) => marked(one) || NEEDED_BY_PODS.includes(one.kind));
}
