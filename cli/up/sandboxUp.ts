import { imageBuilderPackages } from "../../images/build.ts";
import { ensurePackages } from "../../sandbox/packages.ts";
import * as sandbox from "../../sandbox/sandbox.ts";
import { ensureToolchain } from "../../sandbox/toolchain/build.ts";
import { whyNot } from "../../sandbox/why-not.ts";
import type { Plan } from "../../stacks/plan.ts";
import { OWNER } from "../apply/owner.ts";
import { findPulumi, type NoPulumi, type Pulumi } from "../engine/find.ts";
import type { Step } from "../step.ts";
import { UserError } from "../userError.ts";
import { embeddedUp } from "./embeddedUp.ts";
import { engineSandboxUp } from "./engineUp.ts";
import { testSites, type UpResult } from "./result.ts";
import { sandboxImages } from "./sandboxImages.ts";
import { siteFacts } from "./siteFacts.ts";

/** How a stack is stood up, wherever it stands. */
export interface UpArgs {
  /** The stack's plan. */
  plan: Plan;
  /** Shows the steps. */
  step: Step;
  /** Agrees to what would be asked: system packages of a sandbox, changes of real sites. */
  yes: boolean;
  /** Lets Pulumi look first what is there, so that it makes what somebody took away. */
  refresh: boolean;
}

/** Arguments of sandboxUp: every site of the plan is a sandbox. */
export interface SandboxUpArgs extends UpArgs {
  /** Seconds until everything must be ready. */
  timeoutSeconds: number;
}

/**
 * Stands a stack up on the sandbox: tools, clusters, images, resources, and a test as a client would do it. What is there
 * already is kept; after any interruption the next run goes on.
 */
export async function sandboxUp(args: SandboxUpArgs): Promise<UpResult> {
  const { plan, step, yes } = args;
  refuseOtherSites(plan);
  const reason = whyNot();
  if (reason)
    throw new UserError(`there can be no sandbox here: ${reason}\n  a stack on a cluster of your own: pulumi up`);
  // Before any step is shown, since it may ask.
  await ensurePackages({ yes, others: imageBuilderPackages }, (line) => console.error(line));
  await step("Toolchain", (report) => ensureToolchain(report));
  const nodes = Math.max(...plan.sites.map((site) => site.capabilities.nodes));
  await step("Cluster", (report) => sandbox.up({ sites: plan.sites.length, nodes, yes, report }));
  await sandboxImages(step);
  const pulumi = await chooseWay(plan);
  const way = "program" in pulumi ? `with Pulumi ${pulumi.version}` : `without Pulumi: ${pulumi.missing}`;
  console.error(`Resources are applied ${way}`);
  const changes = "program" in pulumi ? await engineSandboxUp(pulumi.program, args) : await embeddedUp(args);
  for (const site of plan.sites) await sandbox.exposeServices(site.name);
  await testSites(plan, step);
  return { way, changes };
}

/** A sandbox that was begun in one way goes on in it; a new one takes Pulumi where there is one. */
async function chooseWay(plan: Plan): Promise<Pulumi | NoPulumi> {
  const owners = await Promise.all(plan.sites.map(async (site) => (await siteFacts(site)).owner));
  if (owners.includes(OWNER)) return { missing: "that is how this sandbox was begun" };
  return findPulumi();
}

/** The sandbox's sites have fixed names, so that one sandbox serves every stack. */
function refuseOtherSites(plan: Plan): void {
  const expected = plan.sites.map((_, index) => `site${index + 1}`);
  const found = plan.sites.map((site) => site.name);
  if (found.join() === expected.join()) return;
  throw new UserError(
    `the sites of stack ${plan.stack} are called ${found.join(", ")}\n  allowed in a sandbox: ${expected.join(", ")}\n  rename them under archipel:sites`,
  );
}
