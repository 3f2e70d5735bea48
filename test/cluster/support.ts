import { execa } from "execa";
import { join } from "node:path";
import { kubectl, type Kubectl } from "../../cli/kubectl.ts";
import { planOf } from "../../cli/render/plan.ts";
import type { SiteStatus } from "../../cli/status/status.ts";
import { secretValue } from "../../cli/site/secrets.ts";
import { buildImages } from "../../images/build.ts";
import { pushImages } from "../../images/push.ts";
import { instance } from "../../sandbox/instance.ts";
import { loopbackPort } from "../../sandbox/plan.ts";
import { down, kubeconfig, up } from "../../sandbox/sandbox.ts";
import { tool } from "../../sandbox/toolchain/build.ts";
import { whyNot } from "../../sandbox/why-not.ts";
import type { Role } from "../../stacks/names.ts";
import type { SitePlan } from "../../stacks/plan.ts";

/** Name of the sandbox in which the tests' stack stands, beside any that a person uses. */
const INSTANCE = "stack";

/** A sandbox's site of one node, in the config of a stack that a test makes. */
export const ONE_NODE = {
  name: "site1",
  sandbox: true,
  capabilities: { nodes: 1, storageClasses: { block: "sandbox-local" } },
};

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

/** Runs the command as a user would, in the tests' sandbox or another one. */
export const archipel = (args: string[], options: { reject?: boolean; instance?: string } = {}) =>
  execa(process.execPath, [command, ...args], {
    env: { ARCHIPEL_INSTANCE: options.instance ?? INSTANCE, CI: "true" },
    reject: options.reject ?? true,
    stdin: "ignore",
    // The first run compiles for minutes: whoever watches the tests sees that it goes on.
    stderr: ["pipe", "inherit"],
  });

/** What `archipel up --json` prints. */
export interface UpResult {
  changes: Record<string, { added: number; changed: number; removed: number; kept: string[] }>;
  seconds: Record<string, number>;
}

let running: Promise<UpResult> | undefined;

/** Stands the local stack up once for all test files. */
export async function localStack(): Promise<LocalStack & { up: UpResult }> {
  process.env["ARCHIPEL_INSTANCE"] = INSTANCE;
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

/** An empty sandbox of one node under a name of its own, with the images that this checkout makes. */
export async function furnishedSandbox(name: string): Promise<void> {
  process.env["ARCHIPEL_INSTANCE"] = name;
  // A run that was killed may have left one standing, with what its tests made.
  await down();
  await up({ sites: 1, nodes: 1, yes: true });
  const report = (): void => undefined;
  await buildImages({ report });
  await pushImages({ report });
}

/**
 * Like mocha's `before`, with a second try: mocha's `retries` are for tests alone, and what they stand on is the longest part.
 * `stand` must be able to begin again after it failed anywhere.
 */
export function prepare(stand: (context: Mocha.Context) => Promise<void>): void {
  before(async function () {
    await stand(this).catch((error: Error) => {
      if (this.runnable().isPending()) throw error;
      console.log(`needed a second try: what stands before "${this.currentTest?.fullTitle()}": ${error.message}`);
      return stand(this);
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
  if (!running) return;
  process.env["ARCHIPEL_INSTANCE"] = INSTANCE;
  await down();
});
