import type { Command } from "commander";
import type { Plan } from "../../stacks/plan.ts";
import { confirm } from "../confirm.ts";
import { terminalSteps } from "../step.ts";

/** `archipel down`: takes a stack down. */
export function addDown(program: Command): void {
  program
    .command("down")
    .description("take a stack down; asks first where it holds data")
    .argument("[stack]", "name of the stack: Pulumi.<stack>.yaml", "local")
    .option("--yes", "delete the data without asking")
    .action(async (stack: string, { yes = false }: { yes?: boolean }) => {
      const { planOf } = await import("../render/plan.ts");
      const plan = planOf(stack);
      if (!plan.sites.every((site) => site.sandbox)) {
        const { engineDown } = await import("../up/engineUp.ts");
        await engineDown(plan, yes);
        return;
      }
      const sandbox = await import("../../sandbox/sandbox.ts");
      if (!(await sandbox.status()).exists) {
        console.log("There is no sandbox: nothing to take down.");
        return;
      }
      const data = dataOf(plan);
      if (data.length > 0 && !yes) {
        await confirm({
          what: `Taking ${stack} down deletes its sandbox with all data:\n${data.map((one) => `  ${one}`).join("\n")}`,
          word: stack,
          unasked: `archipel down ${stack} --yes`,
          refused: "Nothing was deleted.",
        });
      }
      const { forgetSandbox } = await import("../up/engineUp.ts");
      await terminalSteps({})("Down", async (report) => {
        await forgetSandbox(plan, report);
        await sandbox.down({ report });
      });
    });
}

/** What would be lost, in words. */
function dataOf(plan: Plan): string[] {
  return plan.sites.flatMap(({ name, database, objects }) => [
    ...(database ? [`PostgreSQL of ${name}: databases ${database.databases.map((one) => one.name).join(", ")}`] : []),
    ...(objects ? [`objects of ${name}: buckets ${objects.buckets.map((one) => one.name).join(", ")}`] : []),
  ]);
}
