import { stringify } from "yaml";
import { ORDER_CONFIG, ORDER_MEMBER, restoreBootstrap, restoreOrder } from "../../components/database/restore.ts";
import type { RestorePlan } from "../../stacks/plan.ts";
import { readOrder, removeOrder, writeOrder } from "../database/order.ts";
import type { Target } from "../database/target.ts";
import { UserError } from "../userError.ts";

/** A restore as the members see it. */
export interface Order {
  /** Its number. */
  id: string;
  /** The member from which the cluster begins anew. */
  member: string;
}

/** The order that stands: of a restore that was interrupted. */
export async function standingOrder(target: Target): Promise<Order | undefined> {
  const data = await readOrder(target, restoreOrder(target.database));
  if (!data) return undefined;
  const [id, member] = data[ORDER_MEMBER]!.trim().split(" ");
  return { id: id!, member: member! };
}

/**
 * Refuses something else that stops the members while a restore is not complete.
 *
 * @throws UserError with what to do first.
 */
export async function refuseStandingRestore(target: Target): Promise<void> {
  if (!(await standingOrder(target))) return;
  throw new UserError(
    `a restore of ${target.plan.stack} is not complete: nothing was changed\n  archipel restore goes on with it, with the same arguments`,
  );
}

/** Tells the members what to begin from. */
export async function giveOrder(
  target: Target,
  { id, member }: Order,
  from: RestorePlan & { timeline?: number },
): Promise<void> {
  const bootstrap = restoreBootstrap({ ...from, order: id });
  const data = { [ORDER_CONFIG]: stringify({ bootstrap }), [ORDER_MEMBER]: `${id} ${member}\n` };
  await writeOrder(target, restoreOrder(target.database), data);
}

/** Takes the order away. */
export const takeOrderBack = (target: Target): Promise<void> => removeOrder(target, restoreOrder(target.database));
