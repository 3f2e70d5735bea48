import { setTimeout as sleep } from "node:timers/promises";
import type { Target } from "../database/target.ts";
import type { Report } from "../step.ts";
import { databaseGround } from "./databaseGround.ts";
import type { Drill, Fault, Repair } from "./drill.ts";
import type { Ground, RunningClients } from "./ground.ts";
import type { WriteReport } from "./writers.ts";

/** One fault, and what clients saw of it. */
export interface Trial<Seen extends WriteReport = WriteReport> {
  /** Name of the fault. */
  fault: string;
  /** Whom it hit. */
  victim: string;
  /** Moment of the fault (milliseconds of performance.now). */
  at: number;
  /** Seconds from the end of the fault until everything was well again. */
  completeSeconds: number;
  /** What clients saw, by way. */
  ways: Record<string, Seen>;
  /** What writes did, where config decides that. */
  outcome?: string;
}

/** Seconds that the slower way stood still for. */
export const longestPauseOf = ({ ways }: Pick<Trial, "ways">): number =>
  Math.max(...Object.values(ways).map(({ longestPause }) => longestPause));

/** Arguments of runDrill. */
export interface DrillArgs<T = Target> {
  /** What is broken. */
  target: T;
  /** What is done to it. */
  drill: Drill<T>;
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
/** Milliseconds that writers may take to write again, after a fault and once everything is complete. */
const LATEST_RETURN = 60_000;

/** Runs a drill of a database. */
export const runDrill = (args: DrillArgs): AsyncGenerator<Trial> => runTrials(databaseGround, args);

/**
 * Makes faults, one after the other, while clients write all the time, and waits each time until everything is complete.
 *
 * @returns each trial as soon as it is finished: the next one may fail.
 * @throws UserError when it is not complete at the beginning or does not become it again.
 */
export async function* runTrials<T, Seen extends WriteReport>(
  ground: Ground<T, Seen>,
  { target, drill, times, stop, report }: DrillArgs<T>,
): AsyncGenerator<Trial<Seen>> {
  const faults = Object.entries(drill.faults);
  const waiting = `waiting until ${ground.name} is complete`;
  for (let done = 0; done < times && !stop.aborted; done += 1) {
    const [name, fault] = faults[done % faults.length]!;
    const heading = `${done + 1} of ${times}: ${name}`;
    report(`${heading}: ${waiting}`);
    const victim = await ground.untilComplete(target);
    const trial = await runTrial(ground, {
      target,
      name,
      fault,
      victim,
      stop,
      report: (line) => report(`${heading}: ${line}`),
    });
    if (!trial) break;
    yield trial;
  }
  report(waiting);
  await ground.untilComplete(target);
}

interface TrialArgs<T> {
  target: T;
  name: string;
  fault: Fault<T>;
  victim: string;
  stop: AbortSignal;
  report: Report;
}

async function runTrial<T, Seen extends WriteReport>(
  ground: Ground<T, Seen>,
  args: TrialArgs<T>,
): Promise<Trial<Seen> | undefined> {
  const { target, name, fault, victim, report } = args;
  const clients = await ground.startClients(target, victim, fault);
  try {
    const times = await withFault(ground, args, clients).catch(async (error: unknown) => {
      // Clients that cannot be ended in order after that say less than what came first.
      await clients.stop().catch(() => undefined);
      throw error;
    });
    report("comparing what was acknowledged with what is there");
    const stopped = await clients.stop();
    if (!times) return undefined;
    report(describe(stopped));
    const outcome = fault.outcome?.(target, longestPauseOf({ ways: stopped }));
    return { fault: name, victim, ...times, ways: stopped, ...(outcome && { outcome }) };
  } finally {
    await clients.close();
  }
}

/**
 * The fault at a random moment, until everything is well again.
 *
 * @returns its moment, and the seconds from its end until then; nothing where the drill was ended before.
 */
async function withFault<T, Seen extends WriteReport>(
  ground: Ground<T, Seen>,
  args: TrialArgs<T>,
  clients: RunningClients<Seen>,
): Promise<Pick<Trial, "at" | "completeSeconds"> | undefined> {
  const { target, fault, stop, report } = args;
  await fault.prepare?.(target);
  await pause(LEAST_BEFORE + Math.random() * (MOST_BEFORE - LEAST_BEFORE), stop);
  if (stop.aborted) return undefined;
  const at = performance.now();
  await makeFault(args, clients);
  const over = performance.now();
  // Looking at everything takes processor time, which whoever recovers needs more.
  report("waiting until clients write again");
  await untilWriting(clients, over);
  report(`waiting until ${ground.name} is complete`);
  const next = await ground.untilComplete(target);
  await untilWriting(clients, performance.now());
  await fault.complete?.(target);
  await clients.untilSafe?.();
  const completeSeconds = (performance.now() - over) / 1000;
  await sleep(AFTER);
  if (fault.verify) report("looking for damage");
  await fault.verify?.(target, next);
  return { at, completeSeconds };
}

/** The fault from its beginning to its end. */
async function makeFault<T>(
  { target, fault, victim, stop, report }: TrialArgs<T>,
  clients: Pick<RunningClients<WriteReport>, "readDamaged">,
): Promise<void> {
  let repair: Repair | void = undefined;
  try {
    report(`fault at ${victim}`);
    repair = await fault.inject(target, victim);
    if (fault.damaged) {
      report("reading what was damaged");
      await clients.readDamaged?.(fault.damaged());
    }
    if (fault.lastsSeconds) report(`lasts ${fault.lastsSeconds} s`);
    await pause((fault.lastsSeconds ?? 0) * 1000, stop);
  } finally {
    await repair?.();
  }
}

/** Waits until every way has taken a write after a moment, or clearly does not. */
async function untilWriting(clients: Pick<RunningClients<WriteReport>, "latest">, moment: number): Promise<void> {
  for (const end = performance.now() + LATEST_RETURN; performance.now() < end; await sleep(100)) {
    if (clients.latest() > moment) return;
  }
}

/** Waits, but not beyond an interruption. */
async function pause(milliseconds: number, stop: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal: stop }).catch(() => undefined);
}

function describe(ways: Trial["ways"]): string {
  const seen = Object.entries(ways).map(([way, report]) => {
    const { longestPause, lost, unknown } = report;
    const losses = lost > 0 ? `, LOST ${lost}` : "";
    return `${way} stood still for ${longestPause.toFixed(2)} s, ${unknown} unknown${losses}`;
  });
  return seen.join("; ");
}
