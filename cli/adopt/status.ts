import type { AdoptedDatabase } from "../../stacks/plan.ts";
import { UserError } from "../userError.ts";
import type { Adoption } from "./connections.ts";
import { isFenced } from "./fence.ts";
import { readLag, readProgress, type Lag, type Progress } from "./progress.ts";

/** Bytes of WAL kept at the source from which on its volume should be watched. */
const MUCH_WAL = 2 ** 30;

/** Where one database stands. */
export interface AdoptionStatus {
  /** What it does. */
  phase: "not started" | "copying" | "following" | "moved";
  /** Its tables; undefined where nothing follows. */
  progress?: Progress;
  /** How far the source is ahead; undefined where it has no slot. */
  lag?: Lag;
  /** What somebody should look at. */
  troubles: string[];
}

/** Where a database stands; what the source does not say is a trouble of its own. Changes nothing. */
export async function adoptionStatus(adoption: Adoption, database: AdoptedDatabase): Promise<AdoptionStatus> {
  const progress = await readProgress(adoption, database);
  try {
    const [lag, moved] = await Promise.all([readLag(adoption, database), isFenced(adoption, database)]);
    return { phase: phaseOf(progress, moved), progress, lag, troubles: findTroubles({ progress, lag, moved }) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { phase: phaseOf(progress, false), progress, troubles: [error.message] };
  }
}

function phaseOf(progress: Progress | undefined, moved: boolean): AdoptionStatus["phase"] {
  if (moved) return "moved";
  if (!progress) return "not started";
  return progress.follows ? "following" : "copying";
}

/** What is wrong, in words. */
export function findTroubles(state: { progress?: Progress; lag?: Lag; moved: boolean }): string[] {
  const { progress, lag, moved } = state;
  if (moved) return progress || lag ? ["what is left of the link goes with: archipel adopt cut-over"] : [];
  if (!progress) {
    return lag ? ["the source keeps WAL for a start that was cut off: archipel adopt start, or stop"] : [];
  }
  return [
    ...(lag ? [] : ["the source has no slot: archipel adopt stop --drop-copy, then start"]),
    ...(lag?.state === "lost" ? ["the source threw WAL away: archipel adopt stop --drop-copy, then start"] : []),
    ...(lag && lag.kept > MUCH_WAL ? [`the source keeps ${mebibytes(lag.kept)} MiB of WAL: watch its volume`] : []),
    ...(progress.connected ? [] : ["nobody replays: see the log of the primary"]),
    ...(progress.errors > 0 ? [`${progress.errors} failed attempts: see the log of the primary`] : []),
  ];
}

/** Where a database stands, in lines. */
export function describeStatus(name: string, { phase, progress, lag, troubles }: AdoptionStatus): string {
  const size = Math.max(0, ...(progress?.tables ?? []).map((table) => table.name.length));
  return [
    `${name}: ${phase}`,
    ...(progress?.tables ?? []).map(
      (table) =>
        `  ${table.name.padEnd(size)}  ${table.state}${table.rows === undefined ? "" : `, ${table.rows} rows`}`,
    ),
    ...(lag
      ? [
          `  behind: ${lag.bytes} bytes${lag.seconds === null ? "" : `, ${lag.seconds.toFixed(1)} s`}; WAL kept at the source: ${mebibytes(lag.kept)} MiB (${lag.state})`,
        ]
      : []),
    ...troubles.map((trouble) => `  look: ${trouble}`),
  ].join("\n");
}

const mebibytes = (bytes: number): number => Math.ceil(bytes / 2 ** 20);
