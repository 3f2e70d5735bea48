import type { Plan, SitePlan } from "../../stacks/plan.ts";
import { UserError } from "../userError.ts";

/** Arguments of chooseSite. */
export interface ChooseArgs {
  /** Name of the stack. */
  stack: string;
  /** Its sites that have what is asked for. */
  having: SitePlan[];
  /** Name of the one that a user wants; default: the first. */
  name: string | undefined;
  /** What is asked for: "a database". */
  what: string;
  /** What is said where no site has it. Default: none. */
  none?: string;
}

/** @throws UserError where no site has it, or not that one. */
export function chooseSite({ stack, having, name, what, none = "none" }: ChooseArgs): SitePlan {
  const found = name === undefined ? having[0] : having.find((site) => site.name === name);
  if (found) return found;
  const allowed = having.map((site) => site.name).join(", ") || none;
  throw new UserError(
    `stack ${stack} has no ${name === undefined ? "site" : `site ${name}`} with ${what}\n  allowed: ${allowed}`,
  );
}

/** A site with a database that the platform runs: the one of a name, or the first. @throws UserError where there is none. */
export const chooseDatabaseSite = ({ stack, sites }: Plan, name: string | undefined): SitePlan =>
  chooseSite({ stack, having: sites.filter(({ database }) => database), name, what: "a database" });
