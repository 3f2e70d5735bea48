import { setTimeout as sleep } from "node:timers/promises";
import type { RepositoryPlan } from "../../stacks/plan.ts";
import { onMember, primaries, queryMember, type Target } from "../database/target.ts";
import { UserError } from "../userError.ts";
import { infoCommand, parseInfo } from "./backups.ts";

/** Seconds for the newest WAL to arrive in the repository. */
const ARCHIVE_SECONDS = 180;

/**
 * Sends the primary's newest WAL to a repository: afterwards it has all that was ever acknowledged, and a commit later than
 * any moment before now. Does nothing where there is no primary.
 *
 * @returns the primary's timeline; undefined where there is no primary.
 * @throws UserError where it does not arrive.
 */
export async function archiveEverything(target: Target, repository: RepositoryPlan): Promise<number | undefined> {
  const { name } = repository;
  const [primary] = await primaries(target);
  if (primary === undefined) return undefined;
  await queryMember(target, primary, "SELECT pg_current_xact_id()");
  const newest = await queryMember(target, primary, "SELECT pg_walfile_name(pg_switch_wal())");
  for (const end = Date.now() + ARCHIVE_SECONDS * 1000; Date.now() < end; await sleep(1000)) {
    const { newestWal } = parseInfo(await onMember(target, primary, ...infoCommand(repository)), name);
    if (newestWal >= newest) return Number.parseInt(newest.slice(0, 8), 16);
  }
  throw new UserError(
    `WAL segment ${newest} did not reach repository ${name} within ${ARCHIVE_SECONDS} s: nothing was changed\n  see why: kubectl --namespace ${target.namespace} logs ${primary}-0 --container patroni`,
  );
}
