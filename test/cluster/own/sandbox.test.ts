import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { instance } from "../../../sandbox/instance.ts";
import { kubectl, apply } from "../../../sandbox/kubectl.ts";
import { killMachine, machineDir, machinePid, onMachine, startService, stopService } from "../../../sandbox/machine.ts";
import {
  cutNetwork,
  existingNamespaces,
  healNetwork,
  namespaceName,
  podLinks,
  removeNetworks,
} from "../../../sandbox/network.ts";
import { daemonPid, killDaemon } from "../../../sandbox/process.ts";
import { down, exposeServices, nodeMachines, status, up } from "../../../sandbox/sandbox.ts";
import { whyNot } from "../../../sandbox/why-not.ts";
import { eventually } from "../eventually.ts";
import { findTraces, interfaces, loopFiles, noTraces, servicePids, systemFolders } from "../traces.ts";

const site = "site1";
const manifests = join(import.meta.dirname, "sandbox.yaml");

/** Stands beside a sandbox that somebody uses: under a name of its own, from nothing to nothing. */
function useOwnInstance(): void {
  const former = process.env["ARCHIPEL_INSTANCE"];
  const own = "test";
  before(async function () {
    const reason = whyNot();
    if (reason) {
      console.log(`    skipped: ${reason}`);
      this.skip();
    }
    process.env["ARCHIPEL_INSTANCE"] = own;
    await down();
  });
  after(async () => {
    if (process.env["ARCHIPEL_INSTANCE"] !== own) return;
    await down();
    if (former === undefined) delete process.env["ARCHIPEL_INSTANCE"];
    else process.env["ARCHIPEL_INSTANCE"] = former;
  });
}

const run = (...args: string[]) => kubectl(site, args);
/** Files of the volumes of this test's pods: other sandboxes have some too. */
const volumes = () => loopFiles().filter((file) => file.includes("_sandbox-test_"));
/** The file as the world sees it. */
const note = async () => (await fetch(`http://${instance().loopback}:8080/note`)).text();
const inPod = (command: string) => run("exec", "-n", "sandbox-test", "deploy/notebook", "--", "sh", "-c", command);

describe("The sandbox with one node", function () {
  this.timeout(300_000);
  useOwnInstance();
  let interfacesBefore: string[];
  let foldersBefore: string[];

  before(() => {
    interfacesBefore = interfaces();
    foldersBefore = systemFolders();
  });

  it("names the port of the gateway that is taken", async () => {
    const server = createServer().listen(16443, instance().loopback);
    await once(server, "listening");
    try {
      await assert.rejects(up({ yes: true }), /Port 16443 of 127\.1\.\d+\.\d+ is taken.*site1 API/);
    } finally {
      server.close();
    }
  });

  it("stands up after that, with a node that is Ready", async () => {
    await up({ yes: true });
    const { exists, machines, sites } = await status();
    assert.ok(exists && machines.length === 3 && machines.every(({ running }) => running), JSON.stringify(machines));
    assert.deepEqual(sites[0]?.nodes, [{ name: "site1-node1", ready: true }]);
    assert.match(await run("version"), /Server Version: v1\.35\./);
  });

  it("keeps its interfaces to itself", () => {
    assert.deepEqual(interfaces(), interfacesBefore);
  });

  it("runs a pod that writes to a volume under restricted Pod Security", async () => {
    await apply(site, readFileSync(manifests, "utf8"));
    await run("rollout", "status", "-n", "sandbox-test", "deploy/notebook", "--timeout=60s");
    assert.match(await inPod("id"), /uid=10001/);
    await inPod("echo kept > /data/note");
  });

  it("keeps the volume when the pod goes", async () => {
    await run("delete", "pod", "-n", "sandbox-test", "-l", "app=notebook", "--grace-period=1");
    await run("rollout", "status", "-n", "sandbox-test", "deploy/notebook", "--timeout=60s");
    assert.equal(await inPod("cat /data/note; stat -c %u:%g /data/note"), "kept\n10001:10001");
  });

  it("gives a volume the size that was asked for, and no more", async () => {
    const [, size = ""] = (await inPod("df -k /data | tail -n 1")).split(/ +/);
    assert.ok(Number(size) > 5_000 && Number(size) <= 10 * 1024, `${size} KiB`);
    await assert.rejects(inPod("dd if=/dev/zero of=/data/filler bs=1M count=20"), /No space left on device/);
    await inPod("rm /data/filler");
  });

  it("resolves Services and denies other names", async () => {
    assert.equal(await inPod("wget -q -O - http://notebook/note"), "kept");
    assert.equal(await inPod("wget -q -O - http://notebook.sandbox-test.svc.cluster.local/note"), "kept");
    assert.match(await inPod("nslookup elsewhere.example.org || true"), /NXDOMAIN/);
  });

  it("answers for a load balancer on loopback", async () => {
    const [entry] = await eventually(60, async () => {
      const entries = await exposeServices(site);
      assert.equal(entries.length, 1);
      return entries;
    });
    assert.equal(entry?.port, 8080);
    await eventually(60, async () => assert.equal(await note(), "kept\n"));
  });

  it("keeps Secrets encrypted", async () => {
    await run("create", "secret", "generic", "known", "-n", "sandbox-test", "--from-literal=word=findable");
    const key = "/registry/secrets/sandbox-test/known";
    const stored = await onMachine("site1-control", ["etcdctl", "get", "--print-value-only", key]);
    assert.match(stored, /^k8s:enc:secretbox/);
    assert.ok(!stored.includes("findable"));
  });

  it("does nothing when it is up", async () => {
    const pids = servicePids();
    assert.ok(pids.length > 10);
    await up({ yes: true });
    assert.deepEqual(servicePids(), pids);
  });

  it("stops and starts a service", async () => {
    await stopService("site1-control", "kube-scheduler");
    assert.ok(!findTraces("site1-control").processes.some((each) => each.includes(" kube-scheduler ")));
    await startService("site1-control", "kube-scheduler");
    assert.ok(findTraces("site1-control").processes.some((each) => each.includes(" kube-scheduler ")));
    await assert.rejects(stopService("site1-control", "nothing"), /nothing on site1-control failed/);
  });

  it("loses a node like a power cut, and gets it back with its volumes", async () => {
    const [node = ""] = nodeMachines(site);
    assert.ok(findTraces(node).processes.length > 5);
    // As connections that were open leave one behind, with its pod's route.
    const left = "vethdeadbeef";
    await execa("ip", ["-n", namespaceName(node), "link", "add", left, "type", "veth", "peer", "name", "nobody"]);
    process.kill(machinePid(node) ?? NaN, "SIGKILL");
    await eventually(60, () => assert.deepEqual(findTraces(node), noTraces));
    await up({ yes: true });
    assert.ok(!(await podLinks(node)).includes(left));
    assert.equal(await eventually(60, () => inPod("cat /data/note")), "kept");
  });

  it("goes on after a reboot", async () => {
    for (const { name } of (await status()).machines) await killMachine(name);
    await killDaemon({ folder: join(instance().stateDir, "gateway") });
    await removeNetworks();
    await up({ yes: true });
    assert.equal(await eventually(60, () => inPod("cat /data/note")), "kept");
    await eventually(60, async () => assert.equal(await note(), "kept\n"));
  });

  it("never takes another process for its own", () => {
    const folder = mkdtempSync(join(tmpdir(), "archipel-test-"));
    const record = readFileSync(machineDir("hub", "record"), "utf8");
    writeFileSync(join(folder, "record"), record);
    assert.equal(daemonPid({ folder }), machinePid("hub"));
    writeFileSync(join(folder, "record"), record.replace(/^\d+/, String(process.pid)));
    assert.equal(daemonPid({ folder }), undefined);
    rmSync(folder, { recursive: true });
  });

  it("leaves nothing", async function () {
    // There is nothing to take away a second time.
    this.retries(0);
    const during = findTraces();
    for (const [what, found] of Object.entries(during)) assert.ok((found as string[]).length > 0, what);
    assert.ok(volumes().length > 0);
    await down();
    assert.deepEqual(findTraces(), noTraces);
    assert.deepEqual(await existingNamespaces(), []);
    assert.deepEqual(interfaces(), interfacesBefore);
    await eventually(10, () => assert.deepEqual(volumes(), []));
    assert.deepEqual(systemFolders(), foldersBefore);
    assert.ok(!existsSync(instance().stateDir) && !existsSync(`${instance().stateDir}.lock`));
    assert.equal((await status()).exists, false);
  });
});

describe("The sandbox with three nodes", function () {
  this.timeout(300_000);
  useOwnInstance();

  it("goes on where a killed command stopped", async () => {
    const script = `import { up } from "${join(import.meta.dirname, "../../../sandbox/sandbox.ts")}"; await up({ nodes: 3, yes: true });`;
    const child = spawn("node", ["--import", "tsx", "--input-type=module", "-e", script], { stdio: "ignore" });
    await eventually(60, () => assert.notEqual(machinePid("hub"), undefined));
    child.kill("SIGKILL");
    await up({ nodes: 3, yes: true });
    assert.deepEqual(
      (await status()).sites[0]?.nodes.filter(({ ready }) => ready).map(({ name }) => name),
      ["site1-node1", "site1-node2", "site1-node3"],
    );
  });

  it("spreads pods over nodes that are zones, which reach one another", async () => {
    await apply(site, readFileSync(manifests, "utf8"));
    const ready = "--for=jsonpath={.status.numberReady}=3";
    await run("wait", ready, "-n", "sandbox-test", "daemonset/echo", "--timeout=60s");
    const zones = await run(
      "get",
      "nodes",
      "-o",
      "jsonpath={.items[*].metadata.labels.topology\\.kubernetes\\.io/zone}",
    );
    assert.equal(zones, "site1-zone1 site1-zone2 site1-zone3");
    const pods = await run(
      ...["get", "pods", "-n", "sandbox-test", "-l", "app=echo", "-o"],
      "jsonpath={range .items[*]}{.spec.nodeName} {.status.podIP} {end}",
    );
    const [first = "", , second, secondIp, third, thirdIp] = pods.split(" ");
    const get = (ip: string | undefined) =>
      run("exec", "-n", "sandbox-test", "daemonset/echo", "--", "wget", "-q", "-O", "-", `http://${ip}:8080/node`);
    assert.ok(first !== second);
    assert.equal(await get(secondIp), second);
    assert.equal(await get(thirdIp), third);
  });

  it("notices a cut cable and its repair", async () => {
    const [, node = ""] = nodeMachines(site);
    const pingNode = () => run("get", "--raw", `/api/v1/nodes/${node}/proxy/healthz`, "--request-timeout=3s");
    assert.equal(await pingNode(), "ok");
    await cutNetwork(node);
    await assert.rejects(pingNode());
    await healNetwork(node);
    assert.equal(await eventually(60, pingNode), "ok");
  });

  it("does not shrink", async () => {
    await up({ nodes: 1, yes: true });
    assert.equal(nodeMachines(site).length, 3);
  });

  it("leaves nothing", async () => {
    await down();
    assert.deepEqual(findTraces(), noTraces);
  });
});
