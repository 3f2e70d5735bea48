import assert from "node:assert/strict";
import { filesConfig } from "../program/filesStack.ts";
import { evaluateRaw, objectsOf, rawConfig } from "../program/support.ts";
import { localStack, needsSandbox, type LocalStack } from "../cluster/support.ts";

/** Another stack in the same cluster: its namespaces are made for real, everything else only tried. */
const STACK = "schema";

describe("every rendered object", function () {
  this.timeout(1_800_000);
  let stack: LocalStack;

  before(async function () {
    needsSandbox(this);
    stack = await localStack();
  });

  after(async () => {
    if (!stack) return;
    const names = ["system", "data", "edge", "apps"].map((role) => `${STACK}-site1-${role}`);
    await stack.kubectl.run(["delete", "namespace", "--ignore-not-found", "--wait=false", ...names]);
  });

  it("is accepted by a real API server without a warning", async () => {
    const local = rawConfig("local");
    const apps = [...(local["archipel:apps"] as object[]), ...filesConfig["archipel:apps"]];
    const objects = objectsOf(await evaluateRaw(STACK, { ...local, ...filesConfig, "archipel:apps": apps }));
    const namespaces = objects.filter((one) => one.kind === "Namespace");
    const rest = objects.filter((one) => one.kind !== "Namespace");
    assert.ok(
      rest.length > 80,
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
  });
});
