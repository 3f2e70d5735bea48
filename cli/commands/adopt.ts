import { Option, type Command } from "commander";
import type { AdoptedDatabase } from "../../stacks/plan.ts";
import type { Comparison } from "../adopt/compare.ts";
import type { Adoption } from "../adopt/connections.ts";
import { confirm } from "../confirm.ts";
import { chooseSite } from "../site/choose.ts";
import { terminalSteps } from "../step.ts";
import { wholeNumber } from "./wholeNumber.ts";

/** Exit code of a status with something to look at. */
const NOT_FINE = 1;

interface Options {
  site?: string;
  database?: string[];
}

interface CutOverOptions extends Options {
  compare: Comparison;
  patience: number;
  yes?: boolean;
}

/** `archipel adopt`: databases of a PostgreSQL that somebody else runs come into the platform's. */
export function addAdopt(program: Command): void {
  const adopt = program
    .command("adopt")
    .description("take databases over from a PostgreSQL that somebody else runs (archipel:database.adopt)");
  const add = (name: string, description: string): Command =>
    adopt
      .command(name)
      .description(description)
      .argument("[stack]", "name of the stack: Pulumi.<stack>.yaml", "local")
      .option("--database <name>", "this one only, or several, each with --database; default: all", collect)
      .option("--site <name>", "name of the site; default: the first that adopts");
  add("check", "say what is in the way, on both sides; changes nothing").action(runCheck);
  add("start", "copy definitions and rows, and follow; started again, it goes on")
    .option("--yes", "without asking")
    .action(runStart);
  add("status", "say how far it is").option("--json", "as JSON").action(runStatus);
  add("cut-over", "move writes here: the source refuses them from then on")
    .addOption(
      new Option("--compare <what>", "what is compared before: rows (their number) or content")
        .choices(["rows", "content"])
        .default("content"),
    )
    .option("--patience <seconds>", "for transactions at the source to end", wholeNumber(1, 3600), 10)
    .option("--yes", "without asking")
    .action(runCutOver);
  add("stop", "give it up: the source is as it was before")
    .option("--drop-copy", "drop what was copied too")
    .option("--yes", "without asking")
    .action(runStop);
}

async function runCheck(stack: string, options: Options): Promise<void> {
  const { check, describeFindings, refuseObstacles } = await import("../adopt/check.ts");
  await withAdoption(stack, options, async (adoption, databases) => {
    const found = await terminalSteps({})("Check", (report) => check(adoption, databases, report));
    refuseObstacles(found);
    console.log(describeFindings(found));
  });
}

async function runStart(stack: string, options: Options & { yes?: boolean }): Promise<void> {
  const { check, refuseObstacles } = await import("../adopt/check.ts");
  const { start } = await import("../adopt/start.ts");
  await withAdoption(stack, options, async (adoption, databases) => {
    const step = terminalSteps({});
    refuseObstacles(await step("Check", (report) => check(adoption, databases, report)));
    const links = databases.map(({ name, link }) => `  ${name}: publication and slot ${link}`).join("\n");
    if (!options.yes) {
      await confirm({
        what: `At ${adoption.adopt.host} there will be, and nothing else is changed:\n${links}\n  A slot keeps WAL there until this is over: watch the volume, and stop what you do not finish.`,
        word: stack,
        unasked: `archipel adopt start ${stack} --yes`,
        refused: "Nothing was changed.",
      });
    }
    await start(adoption, databases, step);
    console.log(`${names(databases)} follow.\n  move writes here: archipel adopt cut-over ${stack}`);
  });
}

async function runStatus(stack: string, options: Options & { json?: boolean }): Promise<void> {
  const { adoptionStatus, describeStatus } = await import("../adopt/status.ts");
  await withAdoption(stack, options, async (adoption, databases) => {
    const found = await Promise.all(
      databases.map(async (database) => [database.name, await adoptionStatus(adoption, database)] as const),
    );
    if (found.some(([, { troubles }]) => troubles.length > 0)) process.exitCode = NOT_FINE;
    if (options.json) console.log(JSON.stringify(Object.fromEntries(found), null, 2));
    else for (const [name, status] of found) console.log(describeStatus(name, status));
  });
}

async function runCutOver(stack: string, { compare, patience, yes, ...options }: CutOverOptions): Promise<void> {
  const { cutOver } = await import("../adopt/cutOver.ts");
  const { newAddress } = await import("../adopt/newAddress.ts");
  await withAdoption(stack, options, async (adoption, databases) => {
    if (!yes) {
      await confirm({
        what: `${adoption.adopt.host} will refuse writes to ${names(databases)} from then on: clients have to be led here.\n  Until the last step it takes them as before, also if this fails.`,
        word: stack,
        unasked: `archipel adopt cut-over ${stack} --yes`,
        refused: "Nothing was changed.",
      });
    }
    const step = terminalSteps({});
    const { host, port } = adoption.database.pooler;
    for (const database of databases) {
      const args = { database, comparison: compare, patience, movedTo: `${host}:${port}`, step };
      const done = await cutOver(adoption, args);
      console.log(
        done
          ? `${database.name} is here: ${done.tables} tables are the same on both sides (${compare}), ${done.sequences} sequences set.\n  Writes stood still for ${done.seconds.toFixed(2)} s.`
          : `${database.name} was here already.`,
      );
      console.log(newAddress(adoption, database));
    }
  });
}

async function runStop(stack: string, options: Options & { dropCopy?: boolean; yes?: boolean }): Promise<void> {
  const { stop } = await import("../adopt/stop.ts");
  const { dropCopy = false, yes } = options;
  await withAdoption(stack, options, async (adoption, databases) => {
    if (!yes) {
      const copy = dropCopy ? "Everything in them here is dropped." : "What was copied stays here, and grows old.";
      await confirm({
        what: `${names(databases)} follow no longer, and have to be copied anew to be adopted. ${copy}`,
        word: stack,
        unasked: `archipel adopt stop ${stack}${dropCopy ? " --drop-copy" : ""} --yes`,
        refused: "Nothing was changed.",
      });
    }
    const step = terminalSteps({});
    for (const database of databases) await step(`Stop of ${database.name}`, () => stop(adoption, database, dropCopy));
  });
}

async function withAdoption(
  stack: string,
  { site: name, database }: Options,
  work: (adoption: Adoption, databases: AdoptedDatabase[]) => Promise<void>,
): Promise<void> {
  const { planOf } = await import("../render/plan.ts");
  const { withSite } = await import("../site/access.ts");
  const { adoptionTarget, chooseDatabases } = await import("../adopt/target.ts");
  const plan = planOf(stack);
  const having = plan.sites.filter((one) => one.database?.adopt);
  const none = "none: declare archipel:database.adopt";
  const site = chooseSite({ stack, having, name, what: "databases to adopt", none });
  await withSite(plan, site, async ({ kubectl }) => {
    const adoption = await adoptionTarget(plan, site, kubectl);
    await work(adoption, chooseDatabases(adoption, database));
  });
}

/** Gathers the values of an option that is given several times. */
const collect = (value: string, before: string[] = []): string[] => [...before, value];

const names = (databases: AdoptedDatabase[]): string => databases.map(({ name }) => name).join(", ");
