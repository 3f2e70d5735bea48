import type { AdoptedDatabase } from "../../stacks/plan.ts";
import type { Step } from "../step.ts";
import { UserError } from "../userError.ts";
import { COLUMNS, RELATIONS } from "./catalog.ts";
import { untilReplayed } from "./catchUp.ts";
import { differences, type Comparison } from "./compare.ts";
import { openSession, query, queryJson, type Adoption } from "./connections.ts";
import { isFenced, putUpFence } from "./fence.ts";
import { removeFromSource, removeSubscription } from "./link.ts";
import { readProgress } from "./progress.ts";
import { copySequences } from "./sequences.ts";
import type { PsqlSession } from "./session.ts";

/** Seconds for what is behind to be replayed while writes go on. */
const CATCH_UP_SECONDS = 600;

/** Seconds for the rest to be replayed while writes stand still. */
const REST_SECONDS = 60;

/** How one database is cut over. */
export interface CutOverArgs {
  /** The database. */
  database: AdoptedDatabase;
  /** What is compared before the source refuses writes for good. */
  comparison: Comparison;
  /** Seconds for transactions that are under way to end. */
  patience: number;
  /** Where the database is afterwards, for those who still write to the source. */
  movedTo: string;
  /** Shows the steps. */
  step: Step;
}

/** What a cut-over did. */
export interface CutOver {
  /** Seconds for which writes stood still. */
  seconds: number;
  /** Tables that were compared. */
  tables: number;
  /** Sequences that were set. */
  sequences: number;
}

/**
 * Moves writes from the source to here. Until its last step the source is as it was, and so it is again when this fails or is
 * interrupted; afterwards the source refuses writes, and what is left of the link is taken away, by the next run if not by
 * this one.
 *
 * @returns what it did; undefined where writes had moved already.
 * @throws UserError with what is in the way.
 */
export async function cutOver(adoption: Adoption, args: CutOverArgs): Promise<CutOver | undefined> {
  const { database, step } = args;
  const { name } = database;
  const moved = await isFenced(adoption, database);
  const done = moved ? undefined : await move(adoption, args);
  await step(`${name}: the link is taken away`, async () => {
    await removeSubscription(adoption, database);
    await removeFromSource(adoption, database);
    await refresh(adoption, database);
  });
  return done;
}

async function move(adoption: Adoption, args: CutOverArgs): Promise<CutOver> {
  const { database, step } = args;
  const { name } = database;
  const progress = await readProgress(adoption, database);
  if (!progress?.follows) {
    const why = progress ? "not all of its tables follow yet" : "it was not started";
    throw new UserError(
      `${name}: ${why}; nothing was changed\n  see: archipel adopt status ${adoption.plan.stack}, or archipel adopt start ${adoption.plan.stack}`,
    );
  }
  const source = openSession(adoption, database, "source");
  const here = openSession(adoption, database, "here");
  try {
    await step(`${name}: what is behind is replayed`, async () => {
      await refuseOtherColumns(adoption, database);
      await untilReplayed(source, database, CATCH_UP_SECONDS);
      await here.query("ANALYZE");
      await refresh(adoption, database);
    });
    return await step(`${name}: writes stand still`, (report) =>
      whileStanding(adoption, { ...args, source, here, report }),
    );
  } finally {
    await Promise.all([source.close(), here.close()]);
  }
}

interface WindowArgs extends CutOverArgs {
  source: PsqlSession;
  here: PsqlSession;
  report: (line: string) => void;
}

async function whileStanding(adoption: Adoption, args: WindowArgs): Promise<CutOver> {
  const { database, source, here, comparison, report } = args;
  const started = performance.now();
  const fence = await putUpFence(adoption, args);
  try {
    const [sequences] = await Promise.all([copySequences(source, here), untilReplayed(source, database, REST_SECONDS)]);
    report("everything is replayed, and compared now");
    const { tables, different } = await differences(source, here, comparison);
    if (different.length > 0) {
      throw new UserError(`${database.name} is not the same on both sides:\n  ${different.join("\n  ")}`);
    }
    await fence.keep();
    return { seconds: (performance.now() - started) / 1000, tables, sequences };
  } catch (error) {
    await fence.takeDown();
    // What is unknown is not called failed.
    if (!(error instanceof UserError) || (await isFenced(adoption, database).catch(() => true))) throw error;
    throw new UserError(`${error.message}\n  the source takes writes as before, and nothing was lost`);
  }
}

/** Definitions are copied once: what was changed at the source since is not here. */
async function refuseOtherColumns(adoption: Adoption, database: AdoptedDatabase): Promise<void> {
  const { name } = database;
  const there = await queryJson<Record<string, string>>(adoption, database, "source", COLUMNS);
  const here = await queryJson<Record<string, string>>(adoption, database, "here", COLUMNS);
  const changed = [...new Set([...Object.keys(there), ...Object.keys(here)])].filter((one) => there[one] !== here[one]);
  if (changed.length === 0) return;
  throw new UserError(
    `${name}: tables are defined in another way at the source than here: ${changed.join(", ")}; nothing was changed\n  make the same change here, or begin anew: archipel adopt stop ${adoption.plan.stack} --drop-copy, then start`,
  );
}

/** Materialized views hold what their queries gave when they were filled last; none can be read before the first time. */
async function refresh(adoption: Adoption, database: AdoptedDatabase): Promise<void> {
  const views = await queryJson<string[]>(
    adoption,
    database,
    "here",
    // One that reads another one was made after it.
    `SELECT coalesce(json_agg(name ORDER BY oid), '[]') FROM (${RELATIONS}) AS relations WHERE relkind = 'm'`,
  );
  for (const view of views) await query(adoption, database, "here", `REFRESH MATERIALIZED VIEW ${view}`);
}
