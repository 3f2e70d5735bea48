import type { Target } from "../database/target.ts";

/** One fault, made on purpose. */
export interface Fault {
  /**
   * Makes it. Resolves when it is there; of a fault that ends by itself, or that is an operation, when it is over.
   *
   * @returns what takes it away; nothing where the platform heals itself.
   */
  inject: (target: Target, primary: string) => Promise<Repair | void>;
  /** Makes the target ready for it, while clients write already. */
  prepare?: (target: Target) => Promise<unknown>;
  /** Seconds until it is taken away. Default 0. */
  lastsSeconds?: number;
  /**
   * Looks for damage, once the database is complete again.
   *
   * @throws UserError where it finds some.
   */
  verify?: (target: Target, primary: string) => Promise<void>;
}

/** Takes a fault away. It runs also when the drill is interrupted. */
export type Repair = () => Promise<void>;

/** Faults that belong together. */
export interface Drill {
  /** What it does, in one line. */
  summary: string;
  /** The faults by name: trials take them in turn. */
  faults: Record<string, Fault>;
  /** Whether it loses acknowledged writes even where all goes well. Default: it must not. */
  mayLose?: boolean;
  /** Why a target cannot have it; undefined: it can. */
  unsuitable?: (target: Target) => string | undefined;
}
