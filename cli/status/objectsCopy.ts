import type { ObjectsCopyPlan } from "../../stacks/objectsCopyPlan.ts";
import type { Kubectl } from "../kubectl.ts";

/** What a CronJob tells of its Jobs. */
interface CopyJobs {
  metadata: { creationTimestamp?: string };
  status?: { lastSuccessfulTime?: string };
}

/** A second copy, and where what makes it is. */
interface CopyPlace {
  /** Name of the stack. */
  stack: string;
  /** The copy. */
  copy: ObjectsCopyPlan;
  /** Namespace of its CronJob. */
  namespace: string;
}

/** Whether the newest second copy of a store's objects is too old, and what to do. Changes nothing. */
export async function copyTroubles(kubectl: Kubectl, place: CopyPlace): Promise<string[]> {
  const [found] = await kubectl.list(["cronjob", place.copy.name, "--namespace", place.namespace]);
  return found ? describeCopy(found, { ...place, now: new Date() }) : [];
}

/** The same in words, of what the CronJob tells. */
export function describeCopy(
  { metadata, status }: CopyJobs,
  { stack, copy, namespace, now }: CopyPlace & { now: Date },
): string[] {
  const last = status?.lastSuccessfulTime;
  const since = new Date(last ?? metadata.creationTimestamp ?? now);
  const hours = (now.getTime() - since.getTime()) / 3_600_000;
  if (hours <= copy.maxAgeHours) return [];
  const state = last
    ? `succeeded last ${Math.floor(hours)} hours ago`
    : `never succeeded in ${Math.floor(hours)} hours`;
  return [
    `the scheduled copy of the objects ${state} (limit: ${copy.maxAgeHours}); ` +
      `see: kubectl --namespace ${namespace} logs --selector app.kubernetes.io/component=copy; by hand: archipel objects copy ${stack}`,
  ];
}
