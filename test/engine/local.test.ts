import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { pulumiDown } from "../../cli/engine/down.ts";
import { prepareEngine, type Engine, type EngineArgs } from "../../cli/engine/engine.ts";
import { pulumiUp } from "../../cli/engine/up.ts";
import type { Kubectl } from "../../cli/kubectl.ts";
import { evaluate, type Resource } from "../../cli/render/evaluate.ts";
import { isKubernetes, type KubernetesObject } from "../../cli/render/manifests.ts";
import { builtLock } from "../../images/build.ts";
import { down, kubeconfig } from "../../sandbox/sandbox.ts";
import { comparable, contains, engineSandbox, killMidway, readState, type StateResource } from "./support.ts";

const STACK = "local";

describe("the local stack under Pulumi's engine", function () {
  this.timeout(1_200_000);
  let args: EngineArgs;
  let engine: Engine;
  let cluster: Kubectl;
  let rendered: Resource[];

  before(async function () {
    const { program, cluster: found } = await engineSandbox(this);
    cluster = found;
    const report = (): void => undefined;
    const kubeconfigs = [kubeconfig("site1")];
    args = { program, stack: STACK, sandbox: true, kubeconfigs, imageLock: builtLock(), yes: true, report };
    engine = await prepareEngine(args);
    rendered = await evaluate(STACK);
  });

  after(async () => {
    if (cluster) await down();
  });

  /** A command on the stack that must change nothing. */
  const withStack = (...command: string[]) =>
    engine.quiet([...command, "--stack", STACK, "--config-file", engine.settings], { reject: false });

  it("previews what render shows, without a warning", async () => {
    const { failed, stdout, stderr } = await withStack("preview", "--json");
    assert.ok(!failed, stderr);
    const preview = JSON.parse(stdout) as { changeSummary: object; diagnostics?: object[] };
    assert.deepEqual(preview.changeSummary, { create: rendered.length + 1 });
    assert.deepEqual(preview.diagnostics ?? [], []);
  });

  it("goes on after it was killed, and makes everything", async () => {
    const command = ["up", "--stack", STACK, "--config-file", engine.settings, "--yes", "--skip-preview"];
    const killed = await killMidway(
      args.program,
      engine,
      [...command, "--non-interactive"],
      /StatefulSet \S+ creating/,
    );
    assert.ok(killed, "it ended before it could be killed");
    await pulumiUp(args);
    const urns = (await readState(engine, STACK)).map(({ type, urn }) => `${type} ${urn.split("::").at(-1)}`);
    assert.deepEqual(urns.toSorted(), rendered.map(({ type, name }) => `${type} ${name}`).toSorted());
  });

  it("changes nothing the second time", async () => {
    const changes = await pulumiUp(args);
    assert.deepEqual(changes, { created: 0, updated: 0, replaced: 0, deleted: 0, same: rendered.length + 1 });
  });

  it("asks for the same objects as render", async () => {
    const asked = new Map(
      (await readState(engine, STACK)).map((one) => [`${one.type} ${one.urn.split("::").at(-1)}`, one]),
    );
    for (const one of rendered.filter(isKubernetes)) {
      const other = asked.get(`${one.type} ${one.name}`) as StateResource;
      assert.deepEqual(comparable(other.inputs), comparable(one.inputs), one.name);
      assert.equal(other.protect ?? false, one.options.protect ?? false, one.name);
    }
  });

  it("makes the same objects as render", async () => {
    for (const { name, inputs } of rendered.filter(isKubernetes)) {
      const { kind, apiVersion, metadata } = inputs as KubernetesObject;
      const group = apiVersion.includes("/") ? `.${apiVersion.split("/").reverse().join(".")}` : "";
      const place = metadata.namespace ? ["--namespace", metadata.namespace] : [];
      const [live] = await cluster.list([`${kind}${group}`, metadata.name, ...place]);
      assert.ok(live, `${name} is not in the cluster`);
      contains(comparable(live), comparable(inputs), name);
    }
  });

  it("finds the clusters as the state says, and changes nothing after that", async () => {
    const { failed, stdout, stderr } = await withStack("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    assert.ok(!failed, stdout + stderr);
    const { created, updated, replaced, deleted } = await pulumiUp(args);
    assert.deepEqual({ created, updated, replaced, deleted }, { created: 0, updated: 0, replaced: 0, deleted: 0 });
  });

  it("makes again what somebody took away, when it is to look", async () => {
    const name = "pg-metrics";
    const claim = ["configmap", name, "--namespace", `${STACK}-site1-data`];
    await cluster.run(["delete", ...claim]);
    assert.equal((await pulumiUp(args)).created, 0, "by itself it goes by what it knows to have made");
    assert.equal((await pulumiUp({ ...args, refresh: true })).created, 1);
    assert.equal((await cluster.list(claim)).length, 1);
  });

  it("keeps generated values encrypted in its state", async () => {
    const secrets = await cluster.list([
      "secrets",
      "--all-namespaces",
      "--selector",
      "app.kubernetes.io/part-of=archipel",
    ]);
    const { stdout } = await engine.quiet(["stack", "export", "--stack", STACK]);
    const values = secrets
      .filter((one) => one["type"] === "Opaque")
      .flatMap((one) => Object.values((one["data"] ?? {}) as Record<string, string>))
      .map((value) => Buffer.from(value, "base64").toString("utf8"))
      .filter((value) => /^[A-Za-z0-9]{32}$/.test(value));
    assert.ok(values.length >= 4, `only ${values.length} generated values found`);
    assert.ok(values.every((value) => !stdout.includes(value)));
  });

  it("writes nothing into the committed settings", () => {
    assert.doesNotMatch(readFileSync(`Pulumi.${STACK}.yaml`, "utf8"), /encryptionsalt/);
  });

  it("leaves nothing after destroy", async () => {
    const { failed, stdout, stderr } = await withStack("destroy", "--yes", "--skip-preview");
    assert.ok(!failed, stdout + stderr);
    const left = await cluster.list(["namespaces,priorityclasses", "--selector", "app.kubernetes.io/part-of=archipel"]);
    assert.deepEqual(
      left.map((one) => one.metadata.name),
      [],
    );
    await pulumiDown(args);
    assert.ok((await engine.quiet(["stack", "export", "--stack", STACK], { reject: false })).failed);
  });
});
