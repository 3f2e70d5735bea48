import { resultOf, type DrillResult } from "../result.ts";
import type { Trial } from "../run.ts";
import type { StoreReport } from "./storeWriters.ts";

/** What a drill of an object store showed; RTO is the longest time without an acknowledged write. */
export interface StoreDrillResult extends DrillResult {
  /** Acknowledged objects that were not there afterwards as they were written: the same number as the lost writes. */
  lost_acknowledged_objects: number;
  /** Reads while all went on. */
  reads: number;
  /** Reads of acknowledged objects that got an error, or no answer within 10 s. */
  failed_reads: number;
  /** Reads that got something else than was written. */
  wrong_reads: number;
  /** Reads of objects of which a part had just been damaged; each of them was right, or the drill failed. */
  damaged_reads: number;
  /** Most seconds from the end of a fault until every drive had its part of everything. */
  complete_max_s: number;
}

/** The figures of a drill of an object store. */
export function storeResultOf(drill: string, trials: Trial<StoreReport>[]): StoreDrillResult {
  const result = resultOf(drill, trials);
  const seen = trials.flatMap(({ ways }) => Object.values(ways));
  const sum = (key: "reads" | "failedReads" | "wrongReads" | "damagedReads"): number =>
    seen.reduce((total, one) => total + one[key], 0);
  return {
    ...result,
    lost_acknowledged_objects: result.lost_acknowledged_writes,
    reads: sum("reads"),
    failed_reads: sum("failedReads"),
    wrong_reads: sum("wrongReads"),
    damaged_reads: sum("damagedReads"),
    complete_max_s: Math.round(Math.max(...trials.map(({ completeSeconds }) => completeSeconds)) * 10) / 10,
  };
}

/** What a person wants to know of reads, beside the writes. */
export const describeReads = (result: StoreDrillResult): string =>
  `${result.failed_reads} of ${result.reads} reads failed, ${result.wrong_reads} were wrong; ` +
  `everything was on all drives at most ${result.complete_max_s} s after a fault`;
