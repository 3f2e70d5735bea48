import { UPGRADE_ORDER, UPGRADE_STATE, upgradeOrder } from "../../components/database/upgrade.ts";
import { readOrder, removeOrder, writeOrder } from "../database/order.ts";
import type { Target } from "../database/target.ts";
import { UserError } from "../userError.ts";

/**
 * How far an upgrade got: `stopping`, until a member's data is upgraded, all of which can be taken back; then `upgraded`,
 * from where it only goes on.
 */
export type UpgradeState = "stopping" | "upgraded";

/** An upgrade as the members see it. */
export interface UpgradeOrder {
  /** Its number. */
  id: string;
  /** The member whose data is upgraded, and from which the cluster begins anew. */
  member: string;
  /** The version before. */
  from: number;
  /** The version to come. */
  to: number;
  /** How far it got. */
  state: UpgradeState;
}

/** The order that stands: of an upgrade that was interrupted. */
export async function standingUpgrade(target: Target): Promise<UpgradeOrder | undefined> {
  const data = await readOrder(target, upgradeOrder(target.database));
  if (!data) return undefined;
  const [id, member, from, to] = data[UPGRADE_ORDER]!.trim().split(" ");
  return { id: id!, member: member!, from: Number(from), to: Number(to), state: data[UPGRADE_STATE] as UpgradeState };
}

/**
 * Refuses something else that stops the members while an upgrade is not complete.
 *
 * @throws UserError with what to do first.
 */
export async function refuseStandingUpgrade(target: Target): Promise<void> {
  const standing = await standingUpgrade(target);
  if (!standing) return;
  const { stack } = target.plan;
  throw new UserError(
    `an upgrade of ${stack} to PostgreSQL ${standing.to} is not complete: nothing was changed\n  archipel upgrade ${stack} goes on with it`,
  );
}

/** Tells the members of the upgrade, and keeps in mind how far it got. */
export async function giveUpgrade(target: Target, order: UpgradeOrder): Promise<void> {
  const { id, member, from, to, state } = order;
  const data = { [UPGRADE_ORDER]: `${id} ${member} ${from} ${to}\n`, [UPGRADE_STATE]: state };
  await writeOrder(target, upgradeOrder(target.database), data);
}

/** Takes the order away. */
export const takeUpgradeBack = (target: Target): Promise<void> => removeOrder(target, upgradeOrder(target.database));
