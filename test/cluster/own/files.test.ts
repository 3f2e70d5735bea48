import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { kubectl, type Kubectl } from "../../../cli/kubectl.ts";
import { projectRoot } from "../../../cli/projectRoot.ts";
import { onMachine } from "../../../sandbox/machine.ts";
import { ONE_NODE } from "../../../sandbox/oneNode.ts";
import { down, kubeconfig, nodeMachines } from "../../../sandbox/sandbox.ts";
import { tool } from "../../../sandbox/toolchain/build.ts";
import { FILER, OutsideFiler } from "../outsideFiler.ts";
import { archipel, furnishedSandbox, prepare } from "../support.ts";

/** A stack that the test makes and takes away, in a sandbox of its own. */
const STACK = "filestest";
const FILE = join(projectRoot, `Pulumi.${STACK}.yaml`);
const APPS = `${STACK}-site1-apps`;

const nfs = (name: string, mode: string) => ({
  ...{ name, kind: "nfs", server: FILER, export: `/projects/${name}`, options: ["nolock", "noatime"] },
  ...{ size: "1Gi", mode },
});

const app = {
  image: "patroni",
  // Any program that answers its probes.
  command: ["python3", "-m", "http.server", "8080", "--directory", "/run/archipel"],
  probes: { startup: "/", liveness: "/", readiness: "/" },
  stopSeconds: 1,
};

const config = {
  "archipel:sites": [ONE_NODE],
  "archipel:files": [nfs("catalogue", "one-writer"), nfs("elevation", "read-only"), nfs("exchange", "many-writers")],
  "archipel:apps": [
    {
      ...{ ...app, name: "writer", replicas: 1, uid: 10006 },
      mounts: [
        { share: "catalogue", path: "/catalogue" },
        { share: "exchange", path: "/exchange", subPath: "writer" },
      ],
    },
    {
      ...{ ...app, name: "reader", replicas: 2, uid: 10007 },
      mounts: [
        { share: "elevation", path: "/code/data" },
        { share: "exchange", path: "/exchange" },
      ],
    },
  ],
};

// The kernels of the build machines have neither a client nor a server for NFS: nfs-ganesha serves, and the node's
// mount.nfs is libnfs behind FUSE. Everything between the two is real: objects, kubelet, its mount command, pods.
describe("shares of files on a filer", function () {
  this.timeout(1_200_000);
  const filer = new OutsideFiler();
  let cluster: Kubectl;
  let node: string;

  const up = (changes: object = {}, timeoutSeconds = 240) => {
    writeFileSync(FILE, stringify({ config: { ...config, ...changes } }), { mode: 0o600 });
    return archipel(["up", STACK, "--yes", "--timeout", String(timeoutSeconds)], { reject: false });
  };

  /** What a script says in a pod of an app; its errors too. */
  const inApp = (name: string, script: string): Promise<string> =>
    cluster.run(["exec", `deployment/${name}`, "--namespace", APPS, "--", "sh", "-c", `(${script}) 2>&1 || true`]);

  const volumes = async (): Promise<string[]> =>
    (await cluster.list(["persistentvolumes"])).map(
      (one) => `${one.metadata.name} ${(one["status"] as { phase: string }).phase}`,
    );

  prepare(async (context) => {
    const reason = await filer.prepare();
    if (reason) {
      console.log(`    skipped: there can be no filer here: ${reason}`);
      context.skip();
    }
    await furnishedSandbox();
    node = nodeMachines("site1")[0]!;
    cluster = kubectl(tool("kubectl"), kubeconfig("site1"));
    await filer.equip(node);
  });

  after(async () => {
    await down();
    await filer.remove();
    rmSync(FILE, { force: true });
  });

  it("are refused where the site lacks their driver", async () => {
    const share = { name: "made", kind: "csi-nfs", server: FILER, export: "/projects", size: "1Gi" };
    const { exitCode, stderr } = await up({ "archipel:files": [share], "archipel:apps": [] });
    assert.notEqual(exitCode, 0);
    assert.match(stderr, /archipel:files\[0\]\.kind[^]*does not know nfs\.csi\.k8s\.io/);
  });

  it("let no pod start while the filer does not answer", async () => {
    const { exitCode, stderr } = await up({}, 15);
    assert.notEqual(exitCode, 0);
    assert.match(stderr, /not ready after 15 s/);
    await filer.start();
  });

  it("are mounted by the node with the options of config", async () => {
    const { exitCode, stderr } = await up();
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(await volumes(), [
      "filestest-site1-files-catalogue Bound",
      "filestest-site1-files-elevation Bound",
      "filestest-site1-files-exchange Bound",
    ]);
    const mounts = new Map(
      (await onMachine(node, ["sort", "-u", "/run/nfs-mounts"]))
        .split("\n")
        .map((line) => line.split(" ") as [string, string]),
    );
    const options = (name: string) => mounts.get(`${FILER}:/projects/${name}`)?.split(",") ?? [];
    for (const name of ["catalogue", "elevation", "exchange"]) {
      assert.ok(
        options(name).includes("nolock") && options(name).includes("noatime"),
        `${name}: ${options(name).join()}`,
      );
    }
    assert.deepEqual(
      ["catalogue", "elevation", "exchange"].filter((name) => options(name).includes("ro")),
      ["elevation"],
    );
  });

  it("are written as the app's user, who alone may", async () => {
    assert.equal(await inApp("writer", "echo kept >/catalogue/record && echo open >/exchange/note"), "");
    assert.equal(
      await filer.run("stat --format='%u:%g' catalogue/record && cat catalogue/record exchange/writer/note"),
      "10006:10006\nkept\nopen",
    );
    assert.match(
      await inApp("reader", "cat /exchange/writer/note && touch /exchange/writer/mine"),
      /^open\n.*Permission denied/,
    );
  });

  it("are read by many and written by nobody where config says so", async () => {
    assert.match(await inApp("reader", "cat /code/data/grid && touch /code/data/x"), /^42\n.*Read-only file system/);
  });

  it("are for one pod at a time where config says so", async () => {
    const [{ spec }] = (await cluster.list(["deployment/writer", "--namespace", APPS])) as unknown as [
      { spec: { template: { spec: object } } },
    ];
    const second = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "second", namespace: APPS },
      spec: spec.template.spec,
    };
    await cluster.run(["apply", "--filename", "-"], JSON.stringify(second));
    const said = ["get", "pod", "second", "--namespace", APPS, "--output", "jsonpath={.status.conditions[*].message}"];
    let message = "";
    for (const end = Date.now() + 60_000; Date.now() < end && !message; await sleep(500))
      message = await cluster.run(said);
    await cluster.run(["delete", "pod", "second", "--namespace", APPS, "--wait=false"]);
    assert.match(message, /ReadWriteOncePod/);
  });

  it("outlive the pods, of which the next starts when the last has ended", async () => {
    const [writer, reader] = config["archipel:apps"];
    const { exitCode, stderr } = await up({ "archipel:apps": [{ ...writer, env: { AGAIN: "yes" } }, reader] });
    assert.equal(exitCode, 0, stderr);
    assert.equal(await inApp("writer", "cat /catalogue/record"), "kept");
  });

  it("stay when config no longer has them, and are found again", async () => {
    const without = await up({ "archipel:files": [], "archipel:apps": [] });
    assert.equal(without.exitCode, 0, without.stderr);
    assert.equal((await volumes()).filter((one) => one.endsWith(" Bound")).length, 3);
    const { exitCode, stderr } = await up();
    assert.equal(exitCode, 0, stderr);
    assert.equal(await inApp("writer", "cat /catalogue/record"), "kept");
  });

  it("are bound again after their claim was deleted, as the docs say", async () => {
    const without = await up({ "archipel:apps": [] });
    assert.equal(without.exitCode, 0, without.stderr);
    await cluster.run(["delete", "persistentvolumeclaim", "files-catalogue", "--namespace", APPS]);
    const forget = JSON.stringify([{ op: "remove", path: "/spec/claimRef/uid" }]);
    const volume = ["persistentvolume", `${STACK}-site1-files-catalogue`];
    await cluster.run(["patch", ...volume, "--type", "json", "--patch", forget]);
    const { exitCode, stderr } = await up();
    assert.equal(exitCode, 0, stderr);
    assert.equal(await inApp("writer", "cat /catalogue/record"), "kept");
  });

  it("refuse another folder under the same name", async () => {
    const [, ...others] = config["archipel:files"];
    const { exitCode, stderr } = await up({
      "archipel:files": [{ ...nfs("catalogue", "one-writer"), export: "/projects/elsewhere" }, ...others],
    });
    assert.notEqual(exitCode, 0);
    assert.match(stderr, /archipel:files\[0\]\.export/);
  });
});
