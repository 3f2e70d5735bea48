import { builtLock } from "../../images/build.ts";
import * as sandbox from "../../sandbox/sandbox.ts";
import type { Plan } from "../../stacks/plan.ts";
import { pulumiDown } from "../engine/down.ts";
import { findPulumi, type Pulumi } from "../engine/find.ts";
import { pulumiUp, type PulumiChanges } from "../engine/up.ts";
import { UserError } from "../userError.ts";
import { testSites, type SiteChanges, type UpResult } from "./result.ts";
import type { SandboxUpArgs, UpArgs } from "./sandboxUp.ts";

/** Applies a stack to its sandbox sites with Pulumi, which shows its own progress. */
export async function engineSandboxUp(
  program: string,
  { plan, refresh }: SandboxUpArgs,
): Promise<Record<string, SiteChanges>> {
  const changes = await pulumiUp({
    program,
    stack: plan.stack,
    sandbox: true,
    kubeconfigs: plan.sites.map((site) => sandbox.kubeconfig(site.name)),
    imageLock: builtLock(),
    yes: true,
    refresh,
    report: toTerminal,
  });
  return byStack(plan, changes);
}

/** Pulumi counts a stack's resources, not a site's. */
const byStack = (
  { stack }: Plan,
  { created, updated, replaced, deleted }: PulumiChanges,
): Record<string, SiteChanges> => ({
  [stack]: { added: created, changed: updated + replaced, removed: deleted, kept: [] },
});

/**
 * Applies a stack to the clusters that its config names, and tests them as their clients use them.
 *
 * @throws UserError without a Pulumi CLI: nothing else applies a real site.
 */
export async function engineUp({ plan, step, yes, refresh }: UpArgs): Promise<UpResult> {
  const { program, version } = await needPulumi(plan);
  const changes = await pulumiUp({ program, stack: plan.stack, sandbox: false, yes, refresh, report: toTerminal });
  await testSites(plan, step);
  return { way: `with Pulumi ${version}`, changes: byStack(plan, changes) };
}

/**
 * Takes a stack down on the clusters that its config names; what holds data stays.
 *
 * @throws UserError without a Pulumi CLI.
 */
export async function engineDown(plan: Plan, yes: boolean): Promise<void> {
  const { program } = await needPulumi(plan);
  await pulumiDown({ program, stack: plan.stack, sandbox: false, yes, report: toTerminal });
}

/**
 * Lets Pulumi forget a sandbox that it applied, before its clusters are gone. Only where the user chose the backend: state
 * of our own choice stands beside the sandbox and goes with it.
 */
export async function forgetSandbox(plan: Plan, report: (line: string) => void): Promise<void> {
  if (!process.env["PULUMI_BACKEND_URL"]) return;
  const pulumi = await findPulumi();
  if ("missing" in pulumi) return;
  await pulumiDown({ program: pulumi.program, stack: plan.stack, sandbox: true, yes: true, report });
}

const toTerminal = (line: string): void => console.error(line);

async function needPulumi(plan: Plan): Promise<Pulumi> {
  const pulumi = await findPulumi();
  if ("missing" in pulumi) {
    throw new UserError(
      `stack ${plan.stack} names clusters of its own, and only Pulumi applies those: ${pulumi.missing}\n  install it (the npm package pulumi, or your distribution's), then run this again`,
    );
  }
  return pulumi;
}
