import type { Damage, Fault } from "./drill.ts";
import type { WriteReport } from "./writers.ts";

/** What drills break, and how it is used meanwhile: a database or an object store. */
export interface Ground<T, Seen extends WriteReport> {
  /** What it is called. */
  name: string;
  /**
   * Waits until everything is well.
   *
   * @returns whom the next fault hits.
   * @throws UserError when that takes too long, with what is missing.
   */
  untilComplete: (target: T) => Promise<string>;
  /** Starts clients that write all the time and know what was acknowledged, where the fault does not take them with it. */
  startClients: (target: T, victim: string, fault: Fault<T>) => Promise<RunningClients<Seen>>;
}

/** Clients at work. */
export interface RunningClients<Seen extends WriteReport> {
  /** Latest acknowledgement of the way that is furthest behind (milliseconds of performance.now). */
  latest: () => number;
  /**
   * Reads what was damaged.
   *
   * @throws UserError where it is not as it was written, or could not be read.
   */
  readDamaged?: (damage: Damage) => Promise<void>;
  /** Waits until all that was acknowledged is there as often as it should be. */
  untilSafe?: () => Promise<void>;
  /** Ends all of them, and compares what was acknowledged with what is there, by way. */
  stop: () => Promise<Record<string, Seen>>;
  /** Ends their connections. */
  close: () => Promise<void>;
}
