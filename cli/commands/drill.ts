import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { terminalSteps } from "../step.ts";
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
      const { drills } = await import("../drill/drills.ts");
      if (name === undefined) {
        for (const [each, { summary }] of Object.entries(drills)) console.log(`${each.padEnd(20)} ${summary}`);
        return;
      }
      await run(name, options);
    });
}

async function run(name: string, { stack, times, json, plot, fault }: DrillOptions): Promise<void> {
  const { chooseDrill, sandboxTarget } = await import("../drill/choose.ts");
  const { runDrill } = await import("../drill/run.ts");
  const { resultOf } = await import("../drill/result.ts");
  const { describeResult } = await import("../drill/describe.ts");
  const target = sandboxTarget(stack);
  const drill = chooseDrill(name, fault, target);
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  const trials = await terminalSteps({})(`Drill ${name}`, (report) =>
    runDrill({ target, drill, times, stop: stop.signal, report }),
  );
  process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  if (trials.length === 0) throw new UserError("interrupted before the first fault: there are no figures");
  const result = resultOf(name, trials);
  if (plot) {
    const { plotTrials } = await import("../drill/plot.ts");
    await writeFile(plot, await plotTrials(`${name}: ${drill.summary}`, trials));
  }
  console.log(json ? JSON.stringify(result) : describeResult(result));
  if (result.lost_acknowledged_writes > 0 && !drill.mayLose) process.exitCode = LOST;
}
