import { InvalidArgumentError, type Command } from "commander";
import { terminalSteps, type StepTimes } from "../step.ts";
import type { UpResult } from "../up/result.ts";
import type { SandboxUpArgs } from "../up/sandboxUp.ts";

interface UpOptions {
  yes?: boolean;
  refresh?: boolean;
  timeout: number;
  json?: boolean;
}

/** `archipel up`: stands a stack up. */
export function addUp(program: Command): void {
  program
    .command("up")
    .description("stand a stack up: on the sandbox, or with Pulumi on the clusters that its config names")
    .argument("[stack]", "name of the stack: Pulumi.<stack>.yaml", "local")
    .option("--yes", "install missing system packages, and change real sites, without asking")
    .option("--refresh", "make again what somebody took away: let Pulumi look first what is there")
    .option(
      "--timeout <seconds>",
      "until everything must be ready in the sandbox, where it is applied without Pulumi",
      seconds,
      600,
    )
    .option("--json", "print what was done and the seconds of each step as JSON")
    .action(async (stack: string, { yes = false, refresh = false, timeout, json }: UpOptions) => {
      const { planOf } = await import("../render/plan.ts");
      const plan = planOf(stack);
      const times: StepTimes = {};
      const result = await stand({ plan, step: terminalSteps(times), yes, refresh, timeoutSeconds: timeout });
      const { summary } = await import("../up/summary.ts");
      process.stdout.write(
        json ? `${JSON.stringify({ ...result, seconds: times })}\n` : await summary(plan, result, times),
      );
    });
}

async function stand(args: SandboxUpArgs): Promise<UpResult> {
  if (args.plan.sites.every((site) => site.sandbox)) {
    const { sandboxUp } = await import("../up/sandboxUp.ts");
    return sandboxUp(args);
  }
  const { engineUp } = await import("../up/engineUp.ts");
  return engineUp(args);
}

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("a number of seconds from 1 is allowed.");
  return value;
}
