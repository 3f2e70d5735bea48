import type { RepositoryPlan } from "../../stacks/plan.ts";
import { newestJobSpec, runJob } from "../site/jobs.ts";
import { goOn, startMembers, stopMembers, untilBegun } from "../database/members.ts";
import { primaries, untilComplete, type Target } from "../database/target.ts";
import type { Step } from "../step.ts";
import { UserError } from "../userError.ts";
import { orderNumber } from "../database/orderNumber.ts";
import { giveOrder, standingOrder, takeOrderBack, type Order } from "./order.ts";

/** Seconds for the roles and databases of config to be made again. */
const CONVERGE_SECONDS = 600;

/** What to restore. */
export interface RestoreArgs {
  /** The database. */
  target: Target;
  /** Where from. */
  repository: RepositoryPlan;
  /** Moment; undefined: everything that is there. */
  at?: Date;
  /** Timeline to follow; undefined: the newest. */
  timeline?: number;
  /** Shows the steps. */
  step: Step;
}

/**
 * Brings a cluster back to a moment, its newest WAL being in the repository: see archiveEverything. One member, never the
 * primary, begins anew from the backup; the others keep their data until it takes writes, and then follow it. Where it fails
 * they go on with what they have; where nobody has anything, the order stands. Interrupted, the same command goes on.
 *
 * @returns the member that took over.
 * @throws UserError with what it failed at, and what stands now.
 */
export async function restoreInPlace({ target, repository, at, timeline, step }: RestoreArgs): Promise<string> {
  const names = target.database.members.map(({ name }) => name);
  const interrupted = await standingOrder(target);
  const [primary] = await primaries(target);
  const order = interrupted ?? newOrder(names, primary);
  const rest = names.filter((name) => name !== order.member);
  await step("Members stop", async () => {
    await stopMembers(target);
    await giveOrder(target, order, { repository: repository.number, at, timeline });
  });
  try {
    await step(`${order.member} begins from the backup`, async (report) => {
      await startMembers(target, [order.member]);
      await untilBegun(target, { member: order.member, marker: `restored-${order.id}`, what: "the restore" }, report);
    });
  } catch (error) {
    if (primary === undefined || primary === order.member) {
      // A member without data must not begin an empty cluster in the place of the lost one.
      throw new UserError(
        `${(error as Error).message}\n  no member has data to go on with: try again, with another moment or repository`,
      );
    }
    await step("Back to what was there", () => goBack(target, primary));
    throw error;
  }
  return step("Others follow", async () => {
    await takeOrderBack(target);
    await startMembers(target, rest);
    const now = await untilComplete(target);
    await convergeAgain(target, order);
    return now;
  });
}

function newOrder(names: string[], primary?: string): Order {
  // The primary has everything: it is the last to give something up.
  return { id: orderNumber(), member: names.findLast((name) => name !== primary) ?? names[0]! };
}

/** The members that kept their data go on with it; the one that gave it up copies it from them. */
async function goBack(target: Target, primary: string): Promise<void> {
  const names = target.database.members.map(({ name }) => name);
  await stopMembers(target);
  await takeOrderBack(target);
  await goOn(
    target,
    [primary],
    names.filter((name) => name !== primary),
  );
}

/** The restored database has the roles and passwords of its time: the Job that makes today's runs again. */
async function convergeAgain(target: Target, { id }: Order): Promise<void> {
  const prefix = `${target.database.name}-converge-`;
  const spec = await newestJobSpec(target, prefix);
  if (!spec) throw new UserError("there is no Job that makes the roles and databases: archipel up makes it");
  const { succeeded, log } = await runJob(target, `${prefix}${id}`, spec, CONVERGE_SECONDS);
  if (!succeeded) throw new UserError(`the data is restored, but roles and databases could not be made again:\n${log}`);
}
