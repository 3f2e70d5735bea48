import { OWNER_CONFIG_MAP } from "../../components/cluster/owner.ts";
import { podSelector } from "../../components/database/pods.ts";
import { PULUMI_FIELD_MANAGER } from "../../stacks/fieldManager.ts";
import { EMBEDDED_FIELD_MANAGER } from "../apply/apply.ts";
import { OWNER } from "../apply/owner.ts";
import type { Target } from "../database/target.ts";
import { evaluate } from "../render/evaluate.ts";
import { objectsBySite, type KubernetesObject } from "../render/manifests.ts";
import type { JobSpec } from "../site/jobs.ts";

/** Kinds of the objects that say how members run and how they are backed up. Jobs, and what holds data, are not among them. */
const KINDS = ["ConfigMap", "StatefulSet", "CronJob"];

/** The objects of the members and their backups as config has them, the new version in them: what `archipel up` makes too. */
export async function memberObjects({ plan, site, database, namespace }: Target): Promise<KubernetesObject[]> {
  const objects = objectsBySite(await evaluate(plan.stack)).get(site.name) ?? [];
  const selectors = (["member", "backup"] as const).map((kind) => Object.entries(podSelector(database, kind)));
  const isOurs = ({ metadata }: KubernetesObject): boolean =>
    selectors.some((labels) => labels.every(([key, value]) => metadata.labels?.[key] === value));
  return objects.filter((one) => KINDS.includes(one.kind) && one.metadata.namespace === namespace && isOurs(one));
}

/**
 * Applies the members' objects in the name of whoever applies the site: to that one they are as if it had done so itself.
 *
 * @param running names of the members that are to run; the others stay stopped.
 */
export async function applyMembers(target: Target, objects: KubernetesObject[], running: string[]): Promise<void> {
  const { kubectl, site } = target;
  const record = ["configmap", OWNER_CONFIG_MAP, "--namespace", site.namespaces.system.name];
  const [owner] = await kubectl.list(record);
  const embedded = (owner?.["data"] as { owner?: string } | undefined)?.owner === OWNER;
  const items = objects.map((one) =>
    one.kind === "StatefulSet" && !running.includes(one.metadata.name)
      ? { ...one, spec: { ...(one["spec"] as object), replicas: 0 } }
      : one,
  );
  const manager = embedded ? EMBEDDED_FIELD_MANAGER : PULUMI_FIELD_MANAGER;
  const args = ["apply", "--server-side", "--force-conflicts", "--field-manager", manager, "--filename", "-"];
  await kubectl.run(args, JSON.stringify({ apiVersion: "v1", kind: "List", items }));
}

/** A StatefulSet or a CronJob among them, by its name. */
export function objectNamed(objects: KubernetesObject[], kind: string, name: string): KubernetesObject {
  const found = objects.find((one) => one.kind === kind && one.metadata.name === name);
  if (!found) throw new Error(`there is no ${kind} ${name} among the members' objects`);
  return found;
}

/** What the Jobs of a rendered CronJob are like. */
export const jobOf = (cronJob: KubernetesObject): JobSpec =>
  (structuredClone(cronJob["spec"]) as { jobTemplate: { spec: JobSpec } }).jobTemplate.spec;
