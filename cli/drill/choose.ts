import { nearest } from "../../stacks/nearest.ts";
import { planOf } from "../render/plan.ts";
import { sandboxKubectl } from "../site/sandboxSite.ts";
import { UserError } from "../userError.ts";
import type { Drill } from "./drill.ts";
import { drills } from "./drills.ts";
import { databaseTarget, type Target } from "../database/target.ts";

/**
 * The database of a stack's first site.
 *
 * @throws UserError where there is none, or the stack is a real one.
 */
export function sandboxTarget(stack: string): Target {
  const plan = planOf(stack);
  const site = plan.sites[0]!;
  if (!site.sandbox) {
    throw new UserError(
      `stack ${stack} has real sites, and a drill breaks things\n  allowed: a stack with sandbox: true\n  try it on a copy of Pulumi.${stack}.yaml in the sandbox`,
    );
  }
  const target = databaseTarget(plan, site, sandboxKubectl(site));
  if (!target) throw new UserError(`stack ${stack} has no archipel:database to drill`);
  return target;
}

/**
 * A drill by name, with one of its faults or all.
 *
 * @throws UserError where there is no such drill, or the target cannot have it.
 */
export function chooseDrill(name: string, fault: string | undefined, target: Target): Drill {
  const drill = drills[name];
  if (!drill) throw unknownOne("drill", name, Object.keys(drills));
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
