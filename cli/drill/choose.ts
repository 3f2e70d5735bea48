import type { Plan, SitePlan } from "../../stacks/plan.ts";
import { nearest } from "../../stacks/nearest.ts";
import { databaseTarget, type Target } from "../database/target.ts";
import type { Kubectl } from "../kubectl.ts";
import { storeTarget, type StoreTarget } from "../objects/target.ts";
import { planOf } from "../render/plan.ts";
import { sandboxKubectl } from "../site/sandboxSite.ts";
import { UserError } from "../userError.ts";
import type { Drill } from "./drill.ts";
import { drills, storeDrills } from "./drills.ts";

/**
 * A stack's first site.
 *
 * @throws UserError where the stack is a real one.
 */
function sandboxSite(stack: string): { plan: Plan; site: SitePlan; kubectl: Kubectl } {
  const plan = planOf(stack);
  const site = plan.sites[0]!;
  if (!site.sandbox) {
    throw new UserError(
      `stack ${stack} has real sites, and a drill breaks things\n  allowed: a stack with sandbox: true\n  try it on a copy of Pulumi.${stack}.yaml in the sandbox`,
    );
  }
  return { plan, site, kubectl: sandboxKubectl(site) };
}

/**
 * The database of a stack's first site.
 *
 * @throws UserError where there is none, or the stack is a real one.
 */
export function sandboxTarget(stack: string): Target {
  const { plan, site, kubectl } = sandboxSite(stack);
  const target = databaseTarget(plan, site, kubectl);
  if (!target) throw new UserError(`stack ${stack} has no archipel:database to drill`);
  return target;
}

/**
 * The MinIO of a stack's first site.
 *
 * @throws UserError where there is none, or the stack is a real one.
 */
export function sandboxStore(stack: string): StoreTarget {
  const { plan, site, kubectl } = sandboxSite(stack);
  const target = storeTarget(plan, site, kubectl);
  if (!target) throw new UserError(`stack ${stack} has no archipel:objects of kind minio to drill`);
  return target;
}

/** Whether a drill breaks an object store; else it breaks a database. */
export const isOfStore = (name: string): boolean => name in storeDrills;

/**
 * A drill of a database by name, with one of its faults or all.
 *
 * @throws UserError where there is no such drill, or the target cannot have it.
 */
export const chooseDrill = (name: string, fault: string | undefined, target: Target): Drill =>
  choose(drills, name, fault, target);

/**
 * A drill of an object store by name, with one of its faults or all.
 *
 * @throws UserError where there is no such drill, or the target cannot have it.
 */
export const chooseStoreDrill = (name: string, fault: string | undefined, target: StoreTarget): Drill<StoreTarget> =>
  choose(storeDrills, name, fault, target);

function choose<T extends { plan: Plan }>(
  known: Record<string, Drill<T>>,
  name: string,
  fault: string | undefined,
  target: T,
): Drill<T> {
  const drill = known[name];
  if (!drill) throw unknownOne("drill", name, Object.keys({ ...drills, ...storeDrills }));
  const reason = drill.unsuitable?.(target);
  if (reason) throw new UserError(`stack ${target.plan.stack} cannot have the drill ${name}: ${reason}`);
  if (fault === undefined) return drill;
  const chosen = drill.faults[fault];
  if (!chosen) throw unknownOne(`fault in ${name}`, fault, Object.keys(drill.faults));
  return { ...drill, faults: { [fault]: chosen } };
}

function unknownOne(what: string, name: string, known: string[]): UserError {
  const hint = nearest(name, known);
  return new UserError(
    `there is no ${what} called ${name}\n  allowed: ${known.join(", ")}${hint ? `\n  hint: ${hint}` : ""}`,
  );
}
