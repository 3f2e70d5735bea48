import { InvalidArgumentError, type Command } from "commander";
import pc from "picocolors";
import { terminalSteps } from "../step.ts";

interface UpOptions {
  sites?: number;
  nodes?: number;
  yes?: boolean;
}

/** `archipel sandbox`: real clusters on this machine. */
export function addSandbox(program: Command): void {
  const command = program.command("sandbox").description("real Kubernetes clusters on this machine");
  command
    .command("up")
    .description("start the sandbox, or what is missing of it")
    .option("--sites <number>", "number of sites", count)
    .option("--nodes <number>", "number of nodes in each site", count)
    .option("--yes", "install missing system packages without asking")
    .action(async ({ sites, nodes, yes }: UpOptions) => {
      const { up } = await import("../../sandbox/sandbox.ts");
      const { ensurePackages } = await import("../../sandbox/packages.ts");
      // Before any step is shown, since it may ask.
      await ensurePackages({ yes }, (line) => console.error(line));
      await terminalSteps({})("Sandbox", (report) => up({ sites, nodes, yes, report }));
      await printStatus(false);
    });
  command
    .command("down")
    .description("stop the sandbox and delete its volumes; built tools and images stay in the cache")
    .action(async () => {
      const { down } = await import("../../sandbox/sandbox.ts");
      await terminalSteps({})("Sandbox down", (report) => down({ report }));
    });
  command
    .command("status")
    .description("show the sandbox's machines, nodes and ports")
    .option("--json", "as JSON")
    .action(({ json }: { json?: boolean }) => printStatus(json ?? false));
  command
    .command("kubeconfig")
    .description("print the path of a site's kubeconfig: export KUBECONFIG=$(archipel sandbox kubeconfig site1)")
    .argument("<site>", "name of the site")
    .action(async (site: string) => {
      const { kubeconfig } = await import("../../sandbox/sandbox.ts");
      console.log(kubeconfig(site));
    });
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("a number from 1 is allowed.");
  return value;
}

async function printStatus(json: boolean): Promise<void> {
  const { status } = await import("../../sandbox/sandbox.ts");
  const found = await status();
  if (json) {
    console.log(JSON.stringify(found, null, 2));
    return;
  }
  if (!found.exists) {
    console.log('There is no sandbox. Start one with "archipel sandbox up".');
    return;
  }
  const mark = (good: boolean): string => (good ? pc.green("running") : pc.red("stopped"));
  for (const { name, running } of found.machines) console.log(`${name.padEnd(24)} ${mark(running)}`);
  for (const site of found.sites) {
    for (const { name, ready } of site.nodes)
      console.log(`${name.padEnd(24)} ${ready ? pc.green("Ready") : pc.red("not Ready")}`);
  }
  for (const { name, address } of found.gateway) console.log(`${name.padEnd(40)} ${address}`);
  for (const { name, kubeconfig } of found.sites) console.log(`${`${name} kubeconfig`.padEnd(24)} ${kubeconfig}`);
}
