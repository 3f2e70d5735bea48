import { setTimeout as sleep } from "node:timers/promises";
import type { Kubectl } from "../kubectl.ts";
import type { KubernetesObject } from "../render/manifests.ts";
import type { Report } from "../step.ts";
import { UserError } from "../userError.ts";
import {
  cannotStart,
  hasFailed,
  isReady,
  listPods,
  listWorkloads,
  podsOf,
  podTroubles,
  sameObject,
} from "./workloads.ts";

/** Milliseconds between two looks at the cluster. */
const INTERVAL = 2000;
/** Looks from one to the next at pods. */
const LOOKS_PER_PODS = 3;
/** Milliseconds before the waiting within which a pod was made that has the present config. */
const JUST_MADE = 30_000;
/** Milliseconds after which any other pod has it too: kubelet brings it within a minute and a half. */
const KNOWN = 100_000;
/** Names that one line of news lists. */
const NAMES = 4;

/** Arguments of waitReady. */
export interface WaitArgs {
  /** The rendered objects; only workloads are waited for. */
  objects: KubernetesObject[];
  /** Seconds after which it gives up. */
  timeoutSeconds: number;
  /** Told what is still missing, whenever that changes. */
  report: Report;
  /** What it leaves where it gives up, in words; default: all that was applied. */
  left?: string;
}

const ALL_STAYS = "what was applied stays, and the next run goes on from here";

/**
 * Waits until every Deployment, StatefulSet and Job of the rendered objects is ready or complete.
 *
 * @throws UserError with each unready workload and what its pods say, when time is up, a Job failed for good, or a member says that
 * no other try can help.
 */
export async function waitReady(
  kubectl: Kubectl,
  { objects, timeoutSeconds, report, left = ALL_STAYS }: WaitArgs,
): Promise<void> {
  const wanted = objects.filter((one) => ["Deployment", "StatefulSet", "Job"].includes(one.kind));
  const begun = Date.now();
  const deadline = begun + timeoutSeconds * 1000;
  let last = "";
  for (let look = 1; ; look++) {
    const live = await listWorkloads(kubectl);
    const missing = wanted.filter((one) => !isReady(live.find((other) => sameObject(one, other))));
    if (missing.length === 0) return;
    const failed = live.filter((one) => hasFailed(one) && missing.some((other) => sameObject(one, other)));
    if (failed.length > 0) throw new UserError(await describe(kubectl, `these Jobs failed for good; ${left}`, failed));
    const stuck = look % LOOKS_PER_PODS === 0 ? await findStuck(kubectl, missing, begun) : [];
    if (stuck.length > 0) throw new UserError(await describe(kubectl, `these cannot start; ${left}`, stuck));
    if (Date.now() > deadline)
      throw new UserError(await describe(kubectl, `not ready after ${timeoutSeconds} s; ${left}`, missing));
    const line = `${wanted.length - missing.length} of ${wanted.length} ready; waiting for ${someNames(missing)}`;
    if (line !== last) report(line);
    last = line;
    await sleep(INTERVAL);
  }
}

/** Those of workloads, but for Jobs, that have a pod for which no other try can help. A pod of before may have tried with the config of before. */
async function findStuck(kubectl: Kubectl, workloads: KubernetesObject[], begun: number): Promise<KubernetesObject[]> {
  const members = workloads.filter(({ kind }) => kind !== "Job");
  if (members.length === 0) return [];
  const isNew = ({ metadata }: KubernetesObject): boolean =>
    Date.parse(metadata.creationTimestamp ?? "") > begun - JUST_MADE;
  const pods = (await listPods(kubectl)).filter((pod) => cannotStart(pod, isNew(pod) ? undefined : begun + KNOWN));
  return members.filter((member) => podsOf(member, pods).length > 0);
}

function someNames(objects: KubernetesObject[]): string {
  const shown = objects.slice(0, NAMES).map((one) => one.metadata.name);
  return shown.join(", ") + (objects.length > NAMES ? ` and ${objects.length - NAMES} more` : "");
}

async function describe(kubectl: Kubectl, what: string, workloads: KubernetesObject[]): Promise<string> {
  const pods = await listPods(kubectl);
  const lines = workloads.flatMap((workload) => [
    `  ${workload.kind} ${workload.metadata.namespace}/${workload.metadata.name}`,
    ...podsOf(workload, pods).flatMap((pod) =>
      podTroubles(pod).map((trouble) => `    ${pod.metadata.name}: ${trouble}`),
    ),
  ]);
  return [`${what}:`, ...lines, "  look closer: kubectl describe pod NAME, kubectl logs NAME"].join("\n");
}
