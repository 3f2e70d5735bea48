import type { RepositoryPlan } from "../../stacks/plan.ts";
import { onMember, queryMember, untilComplete, type Target } from "../database/target.ts";
import { UserError } from "../userError.ts";

/** A database that may be upgraded. */
export interface Upgradable {
  /** The primary. */
  primary: string;
  /** The version that it has. */
  from: number;
}

/**
 * Finds out what the database is, while it runs.
 *
 * @throws UserError where it is not complete.
 */
export async function findVersion(target: Target): Promise<Upgradable> {
  const primary = await untilComplete(target);
  const number = Number(await queryMember(target, primary, "SHOW server_version_num"));
  return { primary, from: Math.floor(number / 10000) };
}

/**
 * Refuses an upgrade that nothing could be taken back after, or that goes backwards.
 *
 * @returns the repositories, the first of which the rehearsal reads.
 * @throws UserError with what to do.
 */
export function checkConfig({ plan, database }: Target, { from }: Upgradable): RepositoryPlan[] {
  const { version, backup } = database;
  if (from > version) {
    throw new UserError(
      `stack ${plan.stack} runs PostgreSQL ${from}, and archipel:database.version is ${version}: nothing was changed\n  allowed: ${from} or later; for what was there before an upgrade: archipel restore ${plan.stack} --at TIME --into NAME`,
    );
  }
  if (backup) return backup.repositories;
  throw new UserError(
    `stack ${plan.stack} has no backups (archipel:database.backup is none), and an upgrade cannot be taken back without one: nothing was changed\n  set archipel:database.backup, run archipel up ${plan.stack}, then upgrade`,
  );
}

/**
 * Refuses where a member's volume has no room for its data a second time: the members that follow keep the old data until
 * they have the new.
 *
 * @throws UserError with every member that lacks room.
 */
export async function checkRoomForTwo(target: Target): Promise<void> {
  const measure =
    'du --summarize --block-size=1M "$PGDATA" | cut -f 1; df --output=avail --block-size=1M "$PGDATA" | tail -n 1';
  const lacking = await Promise.all(
    target.database.members.map(async ({ name }) => {
      const [data, free] = (await onMember(target, name, "sh", "-c", measure)).trim().split(/\s+/).map(Number);
      return free! < data! ? [`  ${name}: its data takes ${data} MiB, ${free} MiB are free`] : [];
    }),
  );
  if (lacking.flat().length === 0) return;
  throw new UserError(
    `these volumes have no room for the data of both versions: nothing was changed\n${lacking.flat().join("\n")}\n  raise archipel:database.storage first`,
  );
}
