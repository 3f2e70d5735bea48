import { longestPauseOf, type Trial } from "./run.ts";
import type { WriteReport } from "./writers.ts";

/** Figures of a number of trials. Times in seconds; RTO is the longest time without an acknowledged write. */
export interface Figures {
  /** How many trials. */
  times: number;
  /** Half of the trials stood still for less. */
  rto_p50_s: number;
  /** 99 of 100 trials stood still for less; with fewer trials than that, the longest. */
  rto_p99_s: number;
  /** The longest. */
  rto_max_s: number;
  /** Rows in all whose commit was acknowledged. */
  acknowledged_writes: number;
  /** Acknowledged rows that were not there afterwards. */
  lost_acknowledged_writes: number;
  /** Rows of which nobody can say whether they are there. */
  unknown_writes: number;
  /** Statements that certainly wrote nothing. */
  failed_writes: number;
}

/** What a drill showed. */
export interface DrillResult extends Figures {
  /** Name of the drill. */
  drill: string;
  /** Messages of errors that clients got, with how often. */
  errors: Record<string, number>;
  /** The same figures for each fault and way, as `fault/way`. */
  by: Record<string, Figures>;
  /** What writes did, where config decides that, with in how many trials. */
  outcomes?: Record<string, number>;
}

/** The figures of a drill. A trial counts with the way that stood still for longest. */
export function resultOf(drill: string, trials: Trial[]): DrillResult {
  const seen = trials.flatMap(({ ways }) => Object.values(ways));
  const groups: Record<string, WriteReport[]> = {};
  for (const { fault, ways } of trials) {
    for (const [way, one] of Object.entries(ways)) (groups[`${fault}/${way}`] ??= []).push(one);
  }
  const outcomes = trials.flatMap(({ outcome }) => outcome ?? []);
  return {
    drill,
    ...figures(trials.map(longestPauseOf), seen),
    errors: countErrors(seen),
    by: Object.fromEntries(
      Object.entries(groups).map(([key, list]) => [
        key,
        figures(
          list.map(({ longestPause }) => longestPause),
          list,
        ),
      ]),
    ),
    ...(outcomes.length > 0 && { outcomes: count(outcomes) }),
  };
}

function figures(rtos: number[], seen: WriteReport[]): Figures {
  const sorted = rtos.toSorted((a, b) => a - b);
  // The nearest rank: a time that was measured, never one between two.
  const at = (share: number): number => round(sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
  const sum = (key: "acknowledged" | "lost" | "unknown" | "failed"): number =>
    seen.reduce((total, one) => total + one[key], 0);
  return {
    times: rtos.length,
    rto_p50_s: at(0.5),
    rto_p99_s: at(0.99),
    rto_max_s: at(1),
    acknowledged_writes: sum("acknowledged"),
    lost_acknowledged_writes: sum("lost"),
    unknown_writes: sum("unknown"),
    failed_writes: sum("failed"),
  };
}

function countErrors(seen: WriteReport[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { errors } of seen) {
    for (const [message, count] of Object.entries(errors)) counts[message] = (counts[message] ?? 0) + count;
  }
  return counts;
}

/** How often each text is in a list. */
function count(texts: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const text of texts) counts[text] = (counts[text] ?? 0) + 1;
  return counts;
}

const round = (seconds: number): number => Math.round(seconds * 1000) / 1000;

/**
 * Largest probability of a loss in one trial that still fits, with a confidence of 95 in 100, to none seen in `times` trials.
 */
export const lossBound = (times: number): number => 1 - 0.05 ** (1 / times);
