import assert from "node:assert/strict";
import { filesConfig } from "../program/filesStack.ts";
import { evaluateRaw, fixtureConfig, objectsOf, rawConfig } from "../program/support.ts";
import { localStack, needsSandbox, type LocalStack } from "../cluster/support.ts";

/** Other stacks in the same cluster: their namespaces are made for real, everything else only tried. */
const STACKS = ["schema", "schemaexternal"];

describe("every rendered object", function () {
  this.timeout(1_800_000);
  let stack: LocalStack;

  before(async function () {
    needsSandbox(this);
    stack = await localStack();
  });

  after(async () => {
    if (!stack) return;
    const names = STACKS.flatMap((one) => ["system", "data", "edge", "apps"].map((role) => `${one}-site1-${role}`));
    await stack.kubectl.run(["delete", "namespace", "--ignore-not-found", "--wait=false", ...names]);
  });

  /** Has the API server look at everything that a config makes. */
  async function tryAll(name: string, raw: Record<string, unknown>): Promise<void> {
    const objects = objectsOf(await evaluateRaw(name, raw));
    const namespaces = objects.filter((one) => one.kind === "Namespace");
    // Monitors of the site's Prometheus have definitions and a test of their own.
    const rest = objects.filter(
      ({ kind, apiVersion }) => kind !== "Namespace" && !apiVersion.startsWith("monitoring.coreos.com/"),
    );
    assert.ok(
      rest.length > 60,
      `only ${rest.length} objects: ${rest.map((one) => `${one.kind} ${one.metadata.name}`).join(", ")}`,
    );
    const list = (items: unknown[]): string => JSON.stringify({ apiVersion: "v1", kind: "List", items });
    await stack.kubectl.run(["apply", "--server-side", "--filename", "-"], list(namespaces));
    const tried = await stack.kubectl.run(
      // A server that warns (Pod Security, deprecations) fails the test as one that refuses.
      ["apply", "--server-side", "--dry-run=server", "--warnings-as-errors", "--validate=strict", "--filename", "-"],
      list(rest),
    );
    assert.equal(tried.split("\n").filter((line) => line.includes("serverside-applied")).length, rest.length);
  }

  it("is accepted by a real API server without a warning", () => {
    const local = rawConfig("local");
    const apps = [...(local["archipel:apps"] as object[]), ...filesConfig["archipel:apps"]];
    return tryAll(STACKS[0]!, { ...local, ...filesConfig, "archipel:apps": apps });
  });

  it("is, too, where database and object store are somebody else's", () =>
    tryAll(STACKS[1]!, fixtureConfig("external")));
});
