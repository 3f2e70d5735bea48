import type { ObjectsCopyPlan } from "../../stacks/objectsCopyPlan.ts";
import type { Kubectl } from "../kubectl.ts";

/** What a CronJob tells of its Jobs. */
interface CopyJobs {
  metadata: { creationTimestamp?: string };
  status?: { lastSuccessfulTime?: string };
}

/** Whether the newest second copy of a store's objects is too old, and what to do. Changes nothing. */
export async function copyTroubles(kubectl: Kubectl, namespace: string, copy: ObjectsCopyPlan): Promise<string[]> {
  const [found] = await kubectl.list(["cronjob", copy.name, "--namespace", namespace]);
  return found ? describeCopy(found as CopyJobs, { copy, namespace, now: new Date() }) : [];
}

/** The same in words, of what the CronJob tells. */
export function describeCopy(
  { metadata, status }: CopyJobs,
  { copy, namespace, now }: { copy: ObjectsCopyPlan; namespace: string; now: Date },
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
      `see: kubectl --namespace ${namespace} logs --selector app.kubernetes.io/component=copy; by hand: archipel objects copy`,
  ];
}
