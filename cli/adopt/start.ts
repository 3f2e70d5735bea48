import { setTimeout as sleep } from "node:timers/promises";
import type { AdoptedDatabase } from "../../stacks/plan.ts";
import { primaries } from "../database/target.ts";
import type { Report, Step } from "../step.ts";
import { UserError } from "../userError.ts";
import type { Adoption } from "./connections.ts";
import { isBegun, makeLink } from "./link.ts";
import { readProgress, type Progress } from "./progress.ts";

/** Failed attempts to copy after which nobody waits any longer: each of them begins its table anew. */
const MOST_ERRORS = 5;

/** Seconds for which nobody answers until that is an error: a primary may have been replaced. */
const SILENT_SECONDS = 120;

/**
 * Begins databases and waits until they follow; one that was begun already only is waited for.
 *
 * @throws UserError with what is wrong. What was begun goes on.
 */
export async function start(adoption: Adoption, databases: AdoptedDatabase[], step: Step): Promise<void> {
  for (const database of databases) {
    if (await isBegun(adoption, database)) continue;
    await step(`Definitions of ${database.name}`, () => makeLink(adoption, database));
  }
  for (const database of databases) {
    await step(`Rows of ${database.name}`, (report) => untilFollowing(adoption, database, report));
  }
}

async function untilFollowing(adoption: Adoption, database: AdoptedDatabase, report: Report): Promise<void> {
  let news = "";
  for (let current = adoption; ; await sleep(1000)) {
    const { progress, now } = await patiently(current, database);
    current = now;
    if (progress.follows) return;
    if (progress.errors >= MOST_ERRORS) {
      throw new UserError(
        `the rows of ${database.name} cannot be copied\n  see why: kubectl --namespace ${current.namespace} logs ${current.primary}-0 --container patroni\n  to give up: archipel adopt stop ${current.plan.stack}`,
      );
    }
    const line = describeCopy(progress);
    if (line !== news) report(line);
    news = line;
  }
}

/** How far it is, as the member says that takes writes by now. */
async function patiently(
  adoption: Adoption,
  database: AdoptedDatabase,
): Promise<{ progress: Progress; now: Adoption }> {
  let now = adoption;
  for (const end = Date.now() + SILENT_SECONDS * 1000; ; await sleep(1000)) {
    try {
      const progress = await readProgress(now, database);
      if (progress) return { progress, now };
      throw new UserError(`the adoption of ${database.name} was stopped by somebody else`);
    } catch (error) {
      if (!(error instanceof UserError) || Date.now() > end) throw error;
      const [primary] = await primaries(now);
      now = { ...now, primary: primary ?? now.primary };
    }
  }
}

function describeCopy({ tables }: Progress): string {
  const done = tables.filter(({ state }) => state === "follows").length;
  const under = tables.filter(({ rows }) => rows !== undefined).map(({ name, rows }) => `${name}: ${rows} rows`);
  return [`${done} of ${tables.length} tables follow`, ...under].join("; ");
}
