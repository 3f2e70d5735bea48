import type { AdoptedDatabase, Plan, SitePlan } from "../../stacks/plan.ts";
import { nearest } from "../../stacks/nearest.ts";
import { databaseTarget, primaries } from "../database/target.ts";
import type { Kubectl } from "../kubectl.ts";
import { UserError } from "../userError.ts";
import type { Adoption } from "./connections.ts";

/**
 * What a site adopts, by way of the member that takes writes.
 *
 * @throws UserError where no member does.
 */
export async function adoptionTarget(plan: Plan, site: SitePlan, kubectl: Kubectl): Promise<Adoption> {
  const target = databaseTarget(plan, site, kubectl)!;
  const [primary] = await primaries(target);
  if (primary === undefined) {
    throw new UserError(`no member of the database takes writes\n  see: archipel status ${plan.stack}`);
  }
  return { ...target, adopt: target.database.adopt!, primary };
}

/**
 * Some of the databases that are adopted, or all.
 *
 * @throws UserError where one is not.
 */
export function chooseDatabases({ adopt }: Pick<Adoption, "adopt">, names: string[] = []): AdoptedDatabase[] {
  const known = adopt.databases.map(({ name }) => name);
  for (const name of names.filter((one) => !known.includes(one))) {
    const hint = nearest(name, known);
    throw new UserError(
      `${name} is not adopted\n  allowed: ${known.join(", ")}${hint === undefined ? "" : `\n  ${hint}`}`,
    );
  }
  return adopt.databases.filter(({ name }) => names.length === 0 || names.includes(name));
}
