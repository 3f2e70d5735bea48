import { execa } from "execa";
import { join } from "node:path";
import { kubectl, type Kubectl } from "../../cli/kubectl.ts";
import { planOf } from "../../cli/render/plan.ts";
import type { SiteStatus } from "../../cli/status/status.ts";
import { secretValue } from "../../cli/site/secrets.ts";
import type { SiteChanges } from "../../cli/up/result.ts";
import { buildImages } from "../../images/build.ts";
import { pushImages } from "../../images/push.ts";
import { instance } from "../../sandbox/instance.ts";
import { loopbackPort } from "../../sandbox/plan.ts";
import { down, kubeconfig, up } from "../../sandbox/sandbox.ts";
import { tool } from "../../sandbox/toolchain/build.ts";
import { whyNot } from "../../sandbox/why-not.ts";
import type { Role } from "../../stacks/names.ts";
import type { SitePlan } from "../../stacks/plan.ts";

/**
 * The sandbox in which the tests' stacks stand, one after the other, beside any that a person uses: a stack that nobody looks at
 * would take a third of two cores. Two runs at the same time need two names.
 */
process.env["ARCHIPEL_INSTANCE"] = process.env["ARCHIPEL_TEST_INSTANCE"] ?? "stack";

const command = join(import.meta.dirname, "../../bin/archipel.js");

/** The local stack, running. */
export interface LocalStack {
  /** Plan of its one site. */
  site: SitePlan;
  /** Full names of its namespaces. */
  namespaces: Record<Role, string>;
  /** kubectl for its cluster. */
  kubectl: Kubectl;
  /** Where a port of the edge answers on this machine. */
  edge: (port: number) => { host: string; port: number };
  /** Value of a Secret. */
  secret: (namespace: string, name: string, key: string) => Promise<string>;
}

/** Runs the command as a user would, in the tests' sandbox. */
export const archipel = (args: string[], options: { reject?: boolean } = {}) =>
  execa(process.execPath, [command, ...args], {
    env: { CI: "true" },
    reject: options.reject ?? true,
    stdin: "ignore",
    // The first run compiles for minutes: whoever watches the tests sees that it goes on.
    stderr: ["pipe", "inherit"],
  });

/** What `archipel up --json` prints. */
export interface UpResult {
  /** Of each site, or where Pulumi applies them of the stack. */
  changes: Record<string, SiteChanges>;
  seconds: Record<string, number>;
}

/** What `archipel up --json` changed of a stack of one site. */
export const changesOf = (printed: string): SiteChanges => Object.values((JSON.parse(printed) as UpResult).changes)[0]!;

let running: Promise<UpResult> | undefined;

/** Stands the local stack up once for all test files that look at it. */
export async function localStack(): Promise<LocalStack & { up: UpResult }> {
  running ??= standUp().catch((error: Error) => {
    console.log(`needed a second try: the local stack: ${error.message}`);
    return standUp();
  });
  const result = await running;
  const site = planOf("local").sites[0]!;
  const names = Object.entries(site.namespaces).map(([role, { name }]) => [role, name]);
  const client = kubectl(tool("kubectl"), kubeconfig(site.name));
  return {
    site,
    up: result,
    namespaces: Object.fromEntries(names) as Record<Role, string>,
    kubectl: client,
    edge: (port) => ({ host: instance().loopback, port: loopbackPort(port, 0) }),
    secret: (namespace, name, key) => secretValue(client, namespace, name, key),
  };
}

/** Takes down what stands: the local stack, or what a run that was killed left. */
async function clear(): Promise<void> {
  running = undefined;
  await down();
}

async function standUp(): Promise<UpResult> {
  // A run that was killed may have left it standing, in any state.
  await down();
  const { stdout } = await archipel(["up", "local", "--yes", "--json"]);
  return JSON.parse(stdout) as UpResult;
}

/** Why the local stack is not fine, as `archipel status` says. */
export async function troubles(): Promise<unknown[]> {
  const { stdout } = await archipel(["status", "local", "--json"], { reject: false });
  const { sites } = JSON.parse(stdout) as { sites: SiteStatus[] };
  return sites.flatMap(({ problem, workloads, database, objects, alarms }) => [
    ...(problem ? [problem] : []),
    ...workloads.filter(({ ready, wanted }) => ready < wanted),
    ...database,
    ...objects,
    ...alarms,
  ]);
}

/** An empty sandbox of one node, with the images that this checkout makes. */
export async function furnishedSandbox(): Promise<void> {
  await clear();
  await up({ sites: 1, nodes: 1, yes: true });
  const report = (): void => undefined;
  await buildImages({ report });
  await pushImages({ report });
}

/**
 * Like mocha's `before`, for a suite with a stack of its own: the sandbox is empty then. It has a second try: mocha's `retries` are
 * for tests alone, and what they stand on is the longest part. `stand` must be able to begin again after it failed anywhere.
 */
export function prepare(stand: (context: Mocha.Context) => Promise<void>): void {
  before(async function () {
    needsSandbox(this);
    const begin = async (): Promise<void> => {
      await clear();
      await stand(this);
    };
    await begin().catch((error: Error) => {
      if (this.runnable().isPending()) throw error;
      console.log(`needed a second try: what stands before "${this.currentTest?.fullTitle()}": ${error.message}`);
      return begin();
    });
  });
}

/** Skips a suite, with the reason, on a machine that cannot host a sandbox. */
export function needsSandbox(context: Mocha.Context): void {
  const reason = whyNot();
  if (!reason) return;
  console.log(`    skipped: ${reason}`);
  context.skip();
}

// Whatever the tests leave standing ends with them.
after(async function () {
  this.timeout(60_000);
  if (running) await down();
});
