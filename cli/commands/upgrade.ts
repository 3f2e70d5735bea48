import type { Command } from "commander";
import { confirm } from "../confirm.ts";
import { chooseDatabaseSite } from "../site/choose.ts";
import { terminalSteps, type Step } from "../step.ts";
import { UserError } from "../userError.ts";
import type { Target } from "../database/target.ts";
import type { KubernetesObject } from "../render/manifests.ts";
import type { UpgradeOrder } from "../upgrade/order.ts";

interface UpgradeOptions {
  site?: string;
  yes?: boolean;
}

/** `archipel upgrade`: takes a database to the major version of PostgreSQL that config says. */
export function addUpgrade(program: Command): void {
  program
    .command("upgrade")
    .description("take a stack's database to the major version of PostgreSQL that its config says")
    .argument("[stack]", "name of the stack: Pulumi.<stack>.yaml", "local")
    .option("--site <name>", "name of the site; default: the first with a database")
    .option("--yes", "without asking")
    .action(run);
}

async function run(stack: string, { site: siteName, yes = false }: UpgradeOptions): Promise<void> {
  const { planOf } = await import("../render/plan.ts");
  const plan = planOf(stack);
  const site = chooseDatabaseSite(plan, siteName);
  const { withSite } = await import("../site/access.ts");
  const { databaseTarget } = await import("../database/target.ts");
  const step = terminalSteps({});
  await withSite(plan, site, async ({ kubectl }) => {
    const target = databaseTarget(plan, site, kubectl)!;
    const { standingUpgrade } = await import("../upgrade/order.ts");
    const standing = await standingUpgrade(target);
    if (standing) refuseOtherVersion(target, standing);
    const { refuseStandingRestore } = await import("../restore/order.ts");
    await refuseStandingRestore(target);
    if (site.sandbox) {
      const { sandboxImages } = await import("../up/sandboxImages.ts");
      await sandboxImages(step);
    }
    const { memberObjects } = await import("../upgrade/objects.ts");
    const objects = await memberObjects(target);
    const order = standing ?? (await prepare({ target, objects, step }, yes));
    if (!order) {
      console.log(`The database runs PostgreSQL ${target.database.version} already.`);
      return;
    }
    const { upgradeDatabase } = await import("../upgrade/upgrade.ts");
    const primary = await upgradeDatabase({ target, objects, step }, order);
    console.log(`The database runs PostgreSQL ${order.to}; primary: ${primary}.
  archipel up ${stack} brings everything else in line
  what was there before stays in the backups: archipel restore ${stack} --at TIME --into NAME`);
  });
}

/** Does all that can be done while the database runs, and asks; undefined: there is nothing to upgrade. */
async function prepare(
  { target, objects, step }: { target: Target; objects: KubernetesObject[]; step: Step },
  yes: boolean,
): Promise<UpgradeOrder | undefined> {
  const { checkConfig, checkRoomForTwo, findVersion } = await import("../upgrade/checks.ts");
  const { backUp, rehearse } = await import("../upgrade/jobs.ts");
  const { newUpgrade } = await import("../upgrade/upgrade.ts");
  const found = await step("The database as it is", () => findVersion(target));
  if (found.from === target.database.version) return undefined;
  const [repository] = checkConfig(target, found);
  await checkRoomForTwo(target);
  if (!yes) await confirmUpgrade(target, found.from);
  await step("Backup from before", (report) => backUp(target, "diff", report));
  const { from } = found;
  const done = await step("Rehearsal on a copy", (report) =>
    rehearse(target, objects, { from, repository: repository!, report }),
  );
  for (const line of done) console.error(`  ${line}`);
  // The backup and the rehearsal may have taken hours, and the leadership may have gone elsewhere.
  return newUpgrade(target, await findVersion(target));
}

function refuseOtherVersion({ plan, database }: Target, { from, to }: UpgradeOrder): void {
  if (database.version === to) return;
  throw new UserError(
    `an upgrade of ${plan.stack} from PostgreSQL ${from} to ${to} is under way, and archipel:database.version is ${database.version}: nothing was changed\n  set it to ${to} and run this again`,
  );
}

function confirmUpgrade({ plan, database }: Target, from: number): Promise<void> {
  const { stack } = plan;
  return confirm({
    what: `Upgrading ${stack} takes its database from PostgreSQL ${from} to ${database.version}. First it is backed up, and a copy is upgraded: where that fails, nothing is changed.
  Then the database stops for about as long as the copy took, and nobody can write. Where its own data cannot be upgraded, PostgreSQL ${from} goes on with all that it had.
  Once clients write to PostgreSQL ${database.version} there is no way back that keeps what they wrote.`,
    word: stack,
    unasked: `archipel upgrade ${stack} --yes`,
    refused: "Nothing was changed.",
  });
}
