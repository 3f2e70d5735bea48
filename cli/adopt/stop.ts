import type { AdoptedDatabase } from "../../stacks/plan.ts";
import { UserError } from "../userError.ts";
import type { Adoption } from "./connections.ts";
import { isFenced } from "./fence.ts";
import { isBegun, removeFromSource, removeSubscription } from "./link.ts";

/**
 * Gives the adoption of a database up: the subscription here, and the slot and the publication at the source, go. The source
 * was never changed otherwise.
 *
 * @param dropCopy whether what was copied goes too; else it stays as it is.
 * @throws UserError where it was cut over, or the source does not answer: what is left there is named.
 */
export async function stop(adoption: Adoption, database: AdoptedDatabase, dropCopy: boolean): Promise<void> {
  const { name, link } = database;
  const moved = await isFenced(adoption, database).catch((error: unknown) => error as Error);
  if (moved === true) {
    throw new UserError(
      `${name} was cut over: clients write to it here, and nothing is left to stop\n  what is left of the link goes with: archipel adopt cut-over ${adoption.plan.stack}`,
    );
  }
  if (moved instanceof Error) {
    // A source that does not answer cannot say that this is no copy any more.
    if (dropCopy) throw moved;
    await removeSubscription(adoption, database);
    throw new UserError(
      `${moved.message}\n  the subscription here is gone; the source keeps WAL for slot ${link} until somebody says there:\n    SELECT pg_drop_replication_slot('${link}'); DROP PUBLICATION ${link};`,
    );
  }
  // Without a subscription nobody can say that what is here is a copy.
  if (dropCopy && !(await isBegun(adoption, database))) {
    throw new UserError(`nothing of ${name} follows here: what is in it is no copy, and stays`);
  }
  await removeSubscription(adoption, database, dropCopy);
  await removeFromSource(adoption, database);
}
