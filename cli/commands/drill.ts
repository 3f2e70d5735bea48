import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import type { DrillResult } from "../drill/result.ts";
import type { Trial } from "../drill/run.ts";
import { terminalSteps, type Report } from "../step.ts";
import { UserError } from "../userError.ts";
import { wholeNumber } from "./wholeNumber.ts";

/** Exit code of a drill that lost data and must not. */
const LOST = 1;

interface DrillOptions {
  stack: string;
  times: number;
  json?: boolean;
  plot?: string;
  fault?: string;
}

/** `archipel drill`: faults on purpose, with figures. */
export function addDrill(program: Command): void {
  program
    .command("drill")
    .description("make faults on purpose in a stack's sandbox while clients write, and say what they saw")
    .argument("[name]", "the drill; without it: lists them")
    .option("--stack <stack>", "name of the stack: Pulumi.<stack>.yaml", "local")
    .option("--times <number>", "number of trials; a drill's faults take turns", wholeNumber(1, 1000), 1)
    .option("--fault <name>", "only this one of the drill's faults")
    .option("--plot <file>", "draw the writes around each fault into an SVG file")
    .option("--json", "print the figures as JSON")
    .action(async (name: string | undefined, options: DrillOptions) => {
      const { drills, storeDrills } = await import("../drill/drills.ts");
      if (name === undefined) {
        for (const [each, { summary }] of Object.entries({ ...drills, ...storeDrills }))
          console.log(`${each.padEnd(24)} ${summary}`);
        return;
      }
      await run(name, options);
    });
}

async function run(name: string, options: DrillOptions): Promise<void> {
  const { isOfStore } = await import("../drill/choose.ts");
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  const { drill, trials, failure, result, text } = await (isOfStore(name) ? storeDrill : databaseDrill)(
    name,
    options,
    stop.signal,
  );
  process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  if (options.plot) {
    const { plotTrials } = await import("../drill/plot.ts");
    await writeFile(options.plot, await plotTrials(`${name}: ${drill.summary}`, trials));
  }
  console.log(options.json ? JSON.stringify({ stack: options.stack, ...result }) : text);
  const lost = result.lost_acknowledged_writes > 0 || isServedWrong(result);
  if (lost && !drill.mayLose) process.exitCode = LOST;
  if (failure) throw failure;
}

/** Whether a client read something else than was written. */
const isServedWrong = (result: DrillResult & { wrong_reads?: number }): boolean => (result.wrong_reads ?? 0) > 0;

/** A drill that was run: its trials, why it ended before its time, its figures, and what a person reads of them. */
interface Outcome extends Finished<Trial> {
  drill: { summary: string; mayLose?: boolean };
  result: DrillResult;
  text: string;
}

type Run = (name: string, options: DrillOptions, stop: AbortSignal) => Promise<Outcome>;

const databaseDrill: Run = async (name, { stack, times, fault }, stop) => {
  const { chooseDrill, sandboxTarget } = await import("../drill/choose.ts");
  const { runDrill } = await import("../drill/run.ts");
  const { resultOf } = await import("../drill/result.ts");
  const { describeResult } = await import("../drill/describe.ts");
  const target = sandboxTarget(stack);
  const drill = chooseDrill(name, fault, target);
  const finished = await inOneStep(name, (report) => runDrill({ target, drill, times, stop, report }));
  const result = resultOf(name, finished.trials);
  return { drill, ...finished, result, text: describeResult(result) };
};

const storeDrill: Run = async (name, { stack, times, fault }, stop) => {
  const { chooseStoreDrill, sandboxStore } = await import("../drill/choose.ts");
  const { runTrials } = await import("../drill/run.ts");
  const { storeGround } = await import("../drill/store/storeGround.ts");
  const { describeReads, storeResultOf } = await import("../drill/store/storeResult.ts");
  const { describeResult } = await import("../drill/describe.ts");
  const target = sandboxStore(stack);
  const drill = chooseStoreDrill(name, fault, target);
  const finished = await inOneStep(name, (report) => runTrials(storeGround, { target, drill, times, stop, report }));
  const result = storeResultOf(name, finished.trials);
  return { drill, ...finished, result, text: `${describeReads(result)}\n${describeResult(result)}` };
};

/** Trials that were finished, and what ended them before their time. */
interface Finished<T> {
  trials: T[];
  failure?: Error;
}

/** Runs trials as one step. Those that were finished count, also where the next one failed. */
async function inOneStep<T>(name: string, work: (report: Report) => AsyncIterable<T>): Promise<Finished<T>> {
  const trials: T[] = [];
  let failure: Error | undefined;
  try {
    await terminalSteps({})(`Drill ${name}`, async (report) => {
      for await (const trial of work(report)) trials.push(trial);
    });
  } catch (error) {
    failure = error as Error;
  }
  if (trials.length === 0) throw failure ?? new UserError("interrupted before the first fault: there are no figures");
  return { trials, ...(failure && { failure }) };
}
