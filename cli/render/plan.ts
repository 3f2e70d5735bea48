import { describeMistakes } from "../../stacks/mistakes.ts";
import type { Plan } from "../../stacks/plan.ts";
import { checkStack } from "../../stacks/checkStack.ts";
import { plan } from "../../stacks/topology.ts";
import { UserError } from "../userError.ts";
import { projectRoot } from "../projectRoot.ts";
import { readStackFile } from "./stackFile.ts";

/**
 * The plan of a stack, without building anything of it.
 *
 * @throws UserError with every mistake of the config.
 */
export function planOf(stack: string): Plan {
  const { config, mistakes } = checkStack(stack, readStackFile(projectRoot, stack).values);
  if (mistakes.length > 0) throw new UserError(describeMistakes(stack, mistakes));
  return plan(stack, config);
}
