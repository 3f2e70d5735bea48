import { setTimeout as sleep } from "node:timers/promises";
import type { Report } from "../step.ts";
import { openClients, type Clients, type Way } from "./clients.ts";
import type { Drill, Fault, Repair } from "./drill.ts";
import { untilComplete, type Target } from "../database/target.ts";
import { podOf } from "./processes.ts";
import { startWriters, type WriteReport, type Writers } from "./writers.ts";

/** One fault, and what clients saw of it. */
export interface Trial {
  /** Name of the fault. */
  fault: string;
  /** The primary when it came. */
  primary: string;
  /** Moment of the fault (milliseconds of performance.now). */
  at: number;
  /** What clients saw, by way. */
  ways: Partial<Record<Way, WriteReport>>;
}

/** Arguments of runDrill. */
export interface DrillArgs {
  /** The database. */
  target: Target;
  /** What is done to it. */
  drill: Drill;
  /** How many trials; the drill's faults take turns. */
  times: number;
  /** Ends the drill early and in order: a fault that lasts is taken away. */
  stop: AbortSignal;
  /** Told one line at a time. */
  report: Report;
}

/** Milliseconds before a fault: random, so that it meets every phase of every loop. */
const LEAST_BEFORE = 1000;
const MOST_BEFORE = 4000;
/** Milliseconds of writes after everything is well again. */
const AFTER = 2000;
/** Milliseconds that writers may take to write again after the database is complete. */
const LATEST_RETURN = 60_000;

/**
 * Makes faults, one after the other, while clients write all the time, and waits each time until the database is complete.
 *
 * @throws UserError when the database is not complete at the beginning or does not become it again.
 */
export async function runDrill({ target, drill, times, stop, report }: DrillArgs): Promise<Trial[]> {
  const faults = Object.entries(drill.faults);
  const trials: Trial[] = [];
  while (trials.length < times && !stop.aborted) {
    const [name, fault] = faults[trials.length % faults.length]!;
    const heading = `${trials.length + 1} of ${times}: ${name}`;
    report(`${heading}: waiting until the database is complete`);
    const primary = await untilComplete(target);
    const trial = await runTrial({
      target,
      name,
      fault,
      primary,
      stop,
      report: (line) => report(`${heading}: ${line}`),
    });
    if (trial) trials.push(trial);
  }
  report("waiting until the database is complete");
  await untilComplete(target);
  return trials;
}

interface TrialArgs {
  target: Target;
  name: string;
  fault: Fault;
  primary: string;
  stop: AbortSignal;
  report: Report;
}

async function runTrial(args: TrialArgs): Promise<Trial | undefined> {
  const { target, name, fault, primary, stop, report } = args;
  // The clients stand for pods of a node that the fault does not take with it.
  const clients = await openClients(target, await otherNode(target, primary));
  try {
    const writers = await startAll(clients);
    const stopped: Partial<Record<Way, WriteReport>> = {};
    let at = performance.now();
    try {
      await fault.prepare?.(target);
      await pause(LEAST_BEFORE + Math.random() * (MOST_BEFORE - LEAST_BEFORE), stop);
      if (stop.aborted) return undefined;
      at = performance.now();
      await makeFault(args);
      report("waiting until the database is complete");
      const next = await untilComplete(target);
      await untilWriting(writers, performance.now());
      await sleep(AFTER);
      if (fault.verify) report("looking for damage");
      await fault.verify?.(target, next);
    } finally {
      // All of them end, also where one cannot say what it saw.
      await Promise.all(writers.map(async ([way, one]) => (stopped[way] = await one.stop())));
    }
    report(describe(stopped));
    return { fault: name, primary, at, ways: stopped };
  } finally {
    await clients.close();
  }
}

/** The fault from its beginning to its end. */
async function makeFault({ target, fault, primary, stop, report }: TrialArgs): Promise<void> {
  let repair: Repair | void = undefined;
  try {
    report(`fault at ${primary}`);
    repair = await fault.inject(target, primary);
    if (fault.lastsSeconds) report(`lasts ${fault.lastsSeconds} s`);
    await pause((fault.lastsSeconds ?? 0) * 1000, stop);
  } finally {
    await repair?.();
  }
}

async function startAll({ write }: Clients): Promise<[Way, Writers][]> {
  const ways = Object.entries(write) as [Way, NonNullable<Clients["write"][Way]>][];
  return Promise.all(
    ways.map(async ([way, connection]): Promise<[Way, Writers]> => [way, await startWriters({ connection })]),
  );
}

/** Waits until every way has taken a write after a moment, or clearly does not. */
async function untilWriting(writers: [Way, Writers][], moment: number): Promise<void> {
  for (const end = performance.now() + LATEST_RETURN; performance.now() < end; await sleep(100)) {
    if (writers.every(([, one]) => one.latest() > moment)) return;
  }
}

async function otherNode(target: Target, primary: string): Promise<string | undefined> {
  const { node } = await podOf(target, primary);
  const pods = await target.kubectl.list(["nodes"]);
  return pods.map(({ metadata }) => metadata.name).find((name) => name !== node);
}

/** Waits, but not beyond an interruption. */
async function pause(milliseconds: number, stop: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal: stop }).catch(() => undefined);
}

function describe(ways: Trial["ways"]): string {
  const seen = Object.entries(ways).map(([way, { longestPause, lost, unknown }]) => {
    const losses = lost > 0 ? `, LOST ${lost}` : "";
    return `${way} stood still for ${longestPause.toFixed(2)} s, ${unknown} unknown${losses}`;
  });
  return seen.join("; ");
}
