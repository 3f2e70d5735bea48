import { InvalidArgumentError, type Command } from "commander";
import { confirm } from "../confirm.ts";
import { chooseDatabaseSite } from "../site/choose.ts";
import { terminalSteps } from "../step.ts";
import { UserError } from "../userError.ts";
import { moment } from "./moment.ts";
import { wholeNumber } from "./wholeNumber.ts";

interface RestoreOptions {
  at?: Date;
  latest?: boolean;
  into?: string;
  hours: number;
  repository?: string;
  timeline?: number;
  site?: string;
  yes?: boolean;
}

/** `archipel restore`: brings a database back to a moment, in place or beside. */
export function addRestore(program: Command): void {
  program
    .command("restore")
    .description("bring a stack's database back to a moment: in place, or into an instance beside it")
    .argument("[stack]", "name of the stack: Pulumi.<stack>.yaml", "local")
    .option("--at <time>", "the moment, such as 2026-11-23T10:42:00Z", moment)
    .option("--latest", "everything that the repository has")
    .option("--into <name>", "into an instance of its own; the database itself is not touched", instanceName)
    .option("--hours <number>", "how long that instance is kept", wholeNumber(1, 720), 24)
    .option("--repository <name>", "site or offsite; default: the first that the config has")
    .option(
      "--timeline <number>",
      "follow this timeline, to go back behind an earlier restore",
      wholeNumber(1, 2 ** 31),
    )
    .option("--site <name>", "name of the site; default: the first with a database")
    .option("--yes", "restore in place without asking")
    .action(run);
}

async function run(stack: string, options: RestoreOptions): Promise<void> {
  const { at, latest, into, site: siteName } = options;
  if ((at === undefined) === (latest === undefined)) throw new UserError("say either --at TIME or --latest");
  const { planOf } = await import("../render/plan.ts");
  const plan = planOf(stack);
  const site = chooseDatabaseSite(plan, siteName);
  const { withSite } = await import("../site/access.ts");
  const { databaseTarget } = await import("../database/target.ts");
  const { refuseStandingUpgrade } = await import("../upgrade/order.ts");
  const { archiveEverything } = await import("../restore/archive.ts");
  const { chooseRepository, readBackups, checkMoment, checkRoom } = await import("../restore/backups.ts");
  await withSite(plan, site, async ({ kubectl }) => {
    const target = databaseTarget(plan, site, kubectl)!;
    const repository = chooseRepository(target, options.repository);
    await refuseStandingUpgrade(target);
    const step = terminalSteps({});
    const backups = await step(`Backups in repository ${repository.name}`, () => readBackups(target, repository));
    checkRoom(backups, target.database);
    if (at) checkMoment(at, into === undefined ? backups.from : backups.earliest);
    const sendWal = () => step("Newest WAL to the repository", () => archiveEverything(target, repository));
    const from = { target, repository, at, timeline: options.timeline };
    if (into === undefined) {
      if (!options.yes) await confirmInPlace(stack, at, target.database.members.length);
      const former = await sendWal();
      const { restoreInPlace } = await import("../restore/inPlace.ts");
      const primary = await restoreInPlace({ ...from, step });
      const state = at ? `as it was at ${at.toISOString()}` : "with everything that was in the repository";
      console.log(`The database is back ${state}; primary: ${primary}.`);
      if (former) console.log(`  to undo it: archipel restore ${stack} --latest --timeline ${former}`);
      return;
    }
    await sendWal();
    const { restoreBeside, instanceJob, removal } = await import("../restore/beside.ts");
    const ready = await step(`Instance ${into}`, (report) =>
      restoreBeside({ ...from, name: into, hours: options.hours, report }),
    );
    const place = `kubectl --namespace ${target.namespace} exec --stdin --tty job/${instanceJob(target, into)} --`;
    console.log(`Instance ${into} is ${ready}. It goes after ${options.hours} hours.
  look at it    ${place} psql
  copy from it  ${place.replace(" --tty", "")} pg_dump --table TABLE DATABASE > table.sql
  take it away  ${removal(target, into)}`);
  });
}

function confirmInPlace(stack: string, at: Date | undefined, members: number): Promise<void> {
  const lost = at ? `everything written after ${at.toISOString()}` : "whatever has not reached the repository";
  const kept =
    members > 1
      ? "the other members keep what they have until it has worked"
      : "its only member gives its data up first";
  return confirm({
    what: `Restoring ${stack} in place stops its database and takes out of it ${lost}.\n  It stays in the repository; ${kept}.\n  To look first: --into NAME`,
    word: stack,
    unasked: `archipel restore ${stack} ... --yes`,
    refused: "Nothing was changed.",
  });
}

function instanceName(text: string): string {
  if (!/^[a-z0-9]([-a-z0-9]{0,28}[a-z0-9])?$/.test(text)) {
    throw new InvalidArgumentError("1 to 30 lower-case letters, digits and dashes are allowed.");
  }
  return text;
}
