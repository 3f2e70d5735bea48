import { STANZA } from "../../components/database/backrest.ts";
import { goOn, stopMembers, untilBegun } from "../database/members.ts";
import { orderNumber } from "../database/orderNumber.ts";
import { onMember, untilComplete, type Target } from "../database/target.ts";
import type { KubernetesObject } from "../render/manifests.ts";
import type { Step } from "../step.ts";
import { UserError } from "../userError.ts";
import type { Upgradable } from "./checks.ts";
import { backUp, lastLines, onVolume } from "./jobs.ts";
import { applyMembers } from "./objects.ts";
import { giveUpgrade, takeUpgradeBack, type UpgradeOrder } from "./order.ts";

/** Seconds for the other members to copy the data of the upgraded one: as long as a backup may take. */
const COPY_SECONDS = 12 * 3600;

/** Arguments of the steps. */
export interface UpgradeArgs {
  /** The database. */
  target: Target;
  /** The members' objects with the new version. */
  objects: KubernetesObject[];
  /** Shows the steps. */
  step: Step;
}

/** The order for an upgrade that begins now: the primary has everything, so its data is upgraded. */
export const newUpgrade = (target: Target, { primary, from }: Upgradable): UpgradeOrder => ({
  id: orderNumber(),
  member: primary,
  from,
  to: target.database.version,
  state: "stopping",
});

/**
 * Upgrades a database: the members stop, one's data is upgraded, the cluster begins anew from it and the others copy it.
 * Where the data cannot be upgraded, the members go on with what they had. Interrupted, it goes on from the order.
 *
 * @returns the primary.
 * @throws UserError with what it failed at, and what stands now.
 */
export async function upgradeDatabase(args: UpgradeArgs, given: UpgradeOrder): Promise<string> {
  const { target, objects, step } = args;
  const order: UpgradeOrder = { ...given, state: "upgraded" };
  if (given.state === "stopping") {
    await step("Members stop", async () => {
      await giveUpgrade(target, given);
      await stopMembers(target);
    });
    const title = `Data of ${given.member}: PostgreSQL ${given.from} to ${given.to}`;
    const end = await step(title, (report) => onVolume(target, objects, { order: given, command: "run", report }));
    if (!end.succeeded) await step(`Back to PostgreSQL ${given.from}`, () => goBack(args, given, end.log));
    await giveUpgrade(target, order);
  }
  const primary = await beginAnew(args, order);
  await finish(args, order, primary);
  return primary;
}

/**
 * The members go on with what they had: the one whose data was to be upgraded first, unless the new version ran on it. Then
 * those that kept the old data lead, which have every commit that was confirmed, and it copies theirs.
 */
async function goBack({ target, objects }: UpgradeArgs, order: UpgradeOrder, log: string): Promise<never> {
  const names = target.database.members.map(({ name }) => name);
  const rest = names.filter((name) => name !== order.member);
  const { succeeded: isAsBefore, log: said } = await onVolume(target, objects, { order, command: "back" });
  if (!isAsBefore) {
    // Only what the volume itself says is reason enough to give its data up.
    const spent = /is spent here/.test(said) && rest.length > 0;
    const discarded = spent && (await onVolume(target, objects, { order, command: "discard" })).succeeded;
    if (!discarded) {
      throw new UserError(
        `the data of ${order.member} could neither be upgraded nor put back; all members are stopped, and the same command goes on:\n${lastLines(log)}\n${lastLines(said)}`,
      );
    }
  }
  await takeUpgradeBack(target);
  if (isAsBefore) await goOn(target, [order.member], rest);
  else await goOn(target, rest, [order.member]);
  throw new UserError(
    `the data could not be upgraded, PostgreSQL ${order.from} goes on with all that it had:\n${lastLines(log)}`,
  );
}

async function beginAnew({ target, objects, step }: UpgradeArgs, order: UpgradeOrder): Promise<string> {
  const { member, id, to } = order;
  await step(`${member} takes writes with PostgreSQL ${to}`, async (report) => {
    const others = await runningMembers(target, member);
    await applyMembers(target, objects, [member, ...others]);
    await untilBegun(target, { member, marker: `../upgraded-${id}`, what: "the upgrade" }, report);
  });
  return step("Others follow", async (report) => {
    await applyMembers(
      target,
      objects,
      target.database.members.map(({ name }) => name),
    );
    report("the repositories learn of the new version");
    const upgrade = `mkdir -p /tmp/pgbackrest && pgbackrest --stanza=${STANZA} stanza-upgrade`;
    await onMember(target, member, "sh", "-c", upgrade);
    return untilComplete(target, COPY_SECONDS, report);
  });
}

/** Members that followed already when the upgrade was interrupted. */
async function runningMembers({ kubectl, namespace, database }: Target, member: string): Promise<string[]> {
  const names = database.members.map(({ name }) => name).filter((name) => name !== member);
  if (names.length === 0) return [];
  const sets = await kubectl.list(["statefulset", ...names, "--namespace", namespace]);
  return sets.filter(({ spec }) => (spec as { replicas?: number }).replicas === 1).map(({ metadata }) => metadata.name);
}

async function finish({ target, step }: UpgradeArgs, { from }: UpgradeOrder, primary: string): Promise<void> {
  const statistics = ["--all", "--analyze-in-stages", "--missing-stats-only", "--no-password"];
  await step("Statistics", () =>
    onMember(target, primary, "vacuumdb", "--username=postgres", "--quiet", ...statistics),
  );
  await step("Backup of the new version", (report) => backUp(target, "full", report));
  await step(`Data of PostgreSQL ${from} is removed`, async () => {
    const remove = ["env", `PG_FROM=${from}`, "pg-upgrade", "clean"];
    await Promise.all(target.database.members.map(({ name }) => onMember(target, name, ...remove)));
    await takeUpgradeBack(target);
  });
}
