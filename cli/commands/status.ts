import type { Command } from "commander";
import pc from "picocolors";

/** Exit code of a status that is not fine. */
const NOT_FINE = 1;

/** `archipel status`: is it fine, and if not, what to do. */
export function addStatus(program: Command): void {
  program
    .command("status")
    .description("say whether a stack is fine, and if not, what to look at")
    .argument("[stack]", "name of the stack: Pulumi.<stack>.yaml", "local")
    .option("--json", "as JSON")
    .action(async (stack: string, { json }: { json?: boolean }) => {
      const { planOf } = await import("../render/plan.ts");
      const { stackStatus } = await import("../status/status.ts");
      const sites = await stackStatus(planOf(stack));
      const fine = sites.every((site) => site.fine);
      if (!fine) process.exitCode = NOT_FINE;
      if (json) {
        console.log(JSON.stringify({ stack, fine, sites }, null, 2));
        return;
      }
      for (const { name, workloads, problem, volumes, database, objects, alarms } of sites) {
        console.log(pc.bold(name) + (problem ? ` ${pc.red(problem)}` : ""));
        for (const { name: workload, ready, wanted, troubles } of workloads) {
          const state = ready >= wanted ? pc.green(`${ready} of ${wanted}`) : pc.red(`${ready} of ${wanted}`);
          console.log(`  ${workload.padEnd(48)} ${state}`);
          for (const trouble of troubles) console.log(`    ${trouble}`);
        }
        for (const trouble of volumes) console.log(`  ${pc.red("Volume:")} ${trouble}`);
        for (const trouble of database) console.log(`  ${pc.red("PostgreSQL:")} ${trouble}`);
        for (const trouble of objects) console.log(`  ${pc.red("Objects:")} ${trouble}`);
        for (const alarm of alarms) console.log(`  ${pc.red("Alarm:")} ${alarm}`);
      }
      console.log(fine ? pc.green("Everything is ready.") : pc.red("Not everything is fine: see above."));
    });
}
