import assert from "node:assert/strict";
import type { Context } from "mocha";
import { execa } from "execa";
import type { Engine } from "../../cli/engine/engine.ts";
import { findPulumi } from "../../cli/engine/find.ts";
import { kubectl, type Kubectl } from "../../cli/kubectl.ts";
import { projectRoot } from "../../cli/projectRoot.ts";
import { builtLock } from "../../images/built.ts";
import { kubeconfig } from "../../sandbox/sandbox.ts";
import { tool } from "../../sandbox/toolchain/build.ts";
import { whyNot } from "../../sandbox/why-not.ts";
import { furnishedSandbox } from "../cluster/support.ts";
import { LOCK_VARIABLE } from "../../stacks/checkStack.ts";

/** Pulumi's program and a cluster of one node, with the images that this checkout makes. */
export interface EngineSandbox {
  /** Path of the `pulumi` program. */
  program: string;
  /** The cluster's administrator. */
  cluster: Kubectl;
}

/** A sandbox of the engine's tests, beside any that a person uses; skips, with the reason, where it cannot be. */
export async function engineSandbox(context: Context): Promise<EngineSandbox> {
  const found = await findPulumi();
  const reason = whyNot() ?? ("missing" in found ? found.missing : undefined);
  if (reason !== undefined || "missing" in found) {
    console.log(`    skipped: ${reason}`);
    return context.skip();
  }
  await furnishedSandbox();
  process.env[LOCK_VARIABLE] = builtLock();
  return { program: found.program, cluster: kubectl(tool("kubectl"), kubeconfig("site1")) };
}

/** A resource in Pulumi's state. */
export interface StateResource {
  urn: string;
  type: string;
  protect?: boolean;
  inputs: Record<string, unknown>;
}

/** What Pulumi's state says of a stack, without the stack itself and providers that Pulumi adds by itself. */
export async function readState(engine: Engine, stack: string): Promise<StateResource[]> {
  const { stdout } = await engine.quiet(["stack", "export", "--show-secrets", "--stack", stack]);
  const { deployment } = JSON.parse(stdout, (_key, value: unknown) => plain(value)) as {
    deployment: { resources?: StateResource[] };
  };
  return (deployment.resources ?? []).filter(
    ({ type, urn }) => type !== "pulumi:pulumi:Stack" && !urn.includes("::default_"),
  );
}

/** A value that the state marks as secret, as its plain value. */
function plain(value: unknown): unknown {
  const { plaintext } = (value ?? {}) as { plaintext?: string };
  return typeof plaintext === "string" ? (JSON.parse(plaintext) as unknown) : value;
}

/**
 * An object without what only one way knows: values of Secrets, and the provider's own marks. The provider leaves out empty
 * lists, which mean the same as none.
 */
export function comparable(object: Record<string, unknown>): Record<string, unknown> {
  const {
    stringData,
    data,
    __defaults: _defaults,
    __fieldManager: _manager,
    __initialApiVersion: _version,
    ...rest
  } = withoutEmptyLists(object) as Record<string, unknown>;
  if (object["kind"] !== "Secret") return { ...rest, ...(data !== undefined && { data }) };
  const keys = [...Object.keys(stringData ?? {}), ...Object.keys(data ?? {})];
  return { ...rest, keys: keys.toSorted() };
}

function withoutEmptyLists(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmptyLists);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([, inner]) => !(Array.isArray(inner) && inner.length === 0));
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutEmptyLists(inner)]));
}

/** Asserts that everything in `wanted` is in `live`, which may hold more: the server fills in what is left out. */
export function contains(live: unknown, wanted: unknown, path: string): void {
  if (Array.isArray(wanted)) {
    assert.ok(Array.isArray(live) && live.length === wanted.length, `${path}: ${JSON.stringify(live)}`);
    wanted.forEach((one, index) => contains(live[index], one, `${path}[${index}]`));
  } else if (typeof wanted === "object" && wanted !== null) {
    const found = (live ?? {}) as Record<string, unknown>;
    for (const [key, one] of Object.entries(wanted)) contains(found[key], one, `${path}.${key}`);
  } else {
    // The server leaves out many a false.
    assert.equal(live ?? (wanted === false ? false : live), wanted, path);
  }
}

/**
 * Runs a command of Pulumi and kills it (SIGKILL) as soon as it has printed `pattern`.
 *
 * @returns whether it was killed before it ended.
 */
export async function killMidway(program: string, engine: Engine, args: string[], pattern: RegExp): Promise<boolean> {
  const child = execa(program, args, { cwd: projectRoot, env: engine.env, reject: false, all: true });
  for await (const line of child.iterable({ from: "all" })) {
    if (pattern.test(line)) child.kill("SIGKILL");
  }
  return (await child).signal === "SIGKILL";
}
