import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { delimiter, dirname, join } from "node:path";
import { execa } from "execa";
import { parse, stringify } from "yaml";
import type { Kubectl } from "../../cli/kubectl.ts";
import { projectRoot } from "../../cli/projectRoot.ts";
import { builtLock } from "../../images/build.ts";
import { namespacePath } from "../../sandbox/network.ts";
import { down, kubeconfig } from "../../sandbox/sandbox.ts";
import { planSandbox } from "../../sandbox/plan.ts";
import { tool } from "../../sandbox/toolchain/build.ts";
import { LOCK_VARIABLE } from "../../stacks/checkStack.ts";
import { engineSandbox } from "./support.ts";

/** A stack that the tests make and take away: the local one, said to be real. */
const STACK = "realtest";
const FILE = join(projectRoot, `Pulumi.${STACK}.yaml`);

interface LocalConfig {
  "archipel:sites": [Record<string, unknown>];
  "archipel:objects": Record<string, unknown>;
}

describe("a stack of real sites", function () {
  this.timeout(1_200_000);
  let cluster: Kubectl;
  let folder: string;
  let env: Record<string, string>;

  before(async function () {
    ({ cluster } = await engineSandbox(this));
    folder = mkdtempSync(join(tmpdir(), "archipel-real-"));
    // The cluster as an administrator sees it who is in the site's own network.
    const credentials = join(folder, "kubeconfig");
    const server = planSandbox(1, 1).sites[0]!.control.address;
    const outside = readFileSync(kubeconfig("site1"), "utf8");
    writeFileSync(credentials, outside.replace(/https:\/\/[0-9.]+:[0-9]+/, `https://${server}:6443`), { mode: 0o600 });
    const { config } = parse(readFileSync(join(projectRoot, "Pulumi.local.yaml"), "utf8")) as { config: LocalConfig };
    const [{ sandbox: _, ...site }] = config["archipel:sites"];
    config["archipel:sites"] = [{ ...site, cluster: { kubeconfig: { path: credentials } } }];
    config["archipel:objects"].acceptUnmaintained = true;
    writeFileSync(FILE, stringify({ config }));
    env = {
      [LOCK_VARIABLE]: builtLock(),
      PULUMI_BACKEND_URL: `file://${folder}?metadata=skip`,
      PULUMI_CONFIG_PASSPHRASE: "a passphrase of the tests",
      PATH: [dirname(tool("kubectl")), process.env["PATH"]].join(delimiter),
      CI: "true",
    };
  });

  after(async () => {
    if (!cluster) return;
    await down();
    rmSync(FILE);
    rmSync(folder, { recursive: true });
  });

  /** Runs the command inside the site's network. */
  const archipel = (...args: string[]) =>
    execa(
      "nsenter",
      [`--net=${namespacePath("site1-node1")}`, process.execPath, join(projectRoot, "bin/archipel.js"), ...args],
      { env, reject: false, stdin: "ignore", stderr: ["pipe", "inherit"] },
    );

  it("is not changed without a yes where nobody can be asked", async () => {
    const { exitCode, stderr } = await archipel("up", STACK);
    assert.equal(exitCode, 2);
    assert.match(stderr, /there is no terminal to ask on/);
  });

  it("stands up with Pulumi, is tested as its clients use it, and says where it answers", async () => {
    const { exitCode, stdout } = await archipel("up", STACK, "--yes");
    assert.equal(exitCode, 0, stdout);
    assert.match(stdout, /The stack stands/);
    assert.match(stdout, /https:\/\/notes\.localhost\//);
    assert.match(stdout, /psql "host=10\.10\.1\.\d+ port=5432/);
  });

  it("is fine, says its status", async () => {
    const { exitCode, stdout } = await archipel("status", STACK, "--json");
    assert.equal(exitCode, 0, stdout);
    assert.ok((JSON.parse(stdout) as { fine: boolean }).fine);
  });

  it("goes without its data, which stays until somebody gives it up", async () => {
    const { exitCode, stdout } = await archipel("down", STACK, "--yes");
    assert.equal(exitCode, 0, stdout);
    const data = `${STACK}-site1-data`;
    // Pulumi does not wait for members, which take turns to stop.
    const running = () => cluster.list(["statefulsets,deployments,pods", "--namespace", data]);
    for (const end = Date.now() + 400_000; (await running()).length > 0 && Date.now() < end;) await sleep(2000);
    assert.deepEqual(
      (await running()).map(({ metadata }) => metadata.name),
      [],
    );
    const claims = await cluster.list(["persistentvolumeclaims", "--namespace", data]);
    assert.ok(claims.length >= 3 + 3 + 6, `only ${claims.length} claims are left`);
    const [passphrase] = await cluster.list(["secret", "pg-backup-passphrase-site", "--namespace", data]);
    assert.ok(passphrase, "what opens the backups is gone");
  });
});
