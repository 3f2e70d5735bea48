import type { Target } from "../database/target.ts";

/** What a fault damaged of an object store. */
export interface Damage {
  /** The server on whose drive that was. */
  server: string;
  /** Keys of the objects of which it has damaged parts. */
  keys: string[];
}

/** One fault, made on purpose. */
export interface Fault<T = Target> {
  /**
   * Makes it. Resolves when it is there; of a fault that ends by itself, or that is an operation, when it is over.
   *
   * @param victim whom it hits: a database's primary, one of a store's servers.
   * @returns what takes it away; nothing where the platform heals itself.
   */
  inject: (target: T, victim: string) => Promise<Repair | void>;
  /** Makes the target ready for it, while clients write already. */
  prepare?: (target: T) => Promise<unknown>;
  /** Bytes that an object store holds before it, beside what clients write. Default 0. */
  ballast?: number;
  /** What it damaged of an object store, which clients read at once, before it is mended. Default: nothing. */
  damaged?: () => Damage;
  /** Seconds until it is taken away. Default 0. */
  lastsSeconds?: number;
  /** Does what the platform does at its next appointed time, where it does not complete at once what the fault left behind. */
  complete?: (target: T) => Promise<unknown>;
  /**
   * Looks for damage, once the target is complete again.
   *
   * @throws UserError where it finds some.
   */
  verify?: (target: T, victim: string) => Promise<void>;
  /**
   * Says what writes did, where config decides that.
   *
   * @param longestPause seconds that the slower way stood still for.
   * @throws UserError where they did something else than config says.
   */
  outcome?: (target: T, longestPause: number) => string;
}

/** Takes a fault away. It runs also when the drill is interrupted. */
export type Repair = () => Promise<void>;

/** Faults that belong together. */
export interface Drill<T = Target> {
  /** What it does, in one line. */
  summary: string;
  /** The faults by name: trials take them in turn. */
  faults: Record<string, Fault<T>>;
  /** Whether it loses acknowledged writes even where all goes well. Default: it must not. */
  mayLose?: boolean;
  /** Why a target cannot have it; undefined: it can. */
  unsuitable?: (target: T) => string | undefined;
}
