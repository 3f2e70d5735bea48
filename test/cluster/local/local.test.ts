import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import pg from "pg";
import { Agent, fetch } from "undici";
import type { SiteStatus } from "../../../cli/status/status.ts";
import { shortHash } from "../../../components/hash.ts";
import { startService, stopService } from "../../../sandbox/machine.ts";
import { eventually } from "../eventually.ts";
import { archipel, changesOf, localStack, needsSandbox, troubles, type LocalStack, type UpResult } from "../support.ts";

describe("archipel up local", function () {
  this.timeout(1_800_000);
  let stack: LocalStack & { up: UpResult };
  let site: LocalStack["site"];
  let ca: string;

  before(async function () {
    needsSandbox(this);
    stack = await localStack();
    site = stack.site;
    ca = await stack.secret(site.namespaces.edge.name, "edge-tls", "ca.crt");
  });

  /** A request to the edge by its public name. */
  function request(path: string, init: RequestInit = {}) {
    const { host, port } = stack.edge(443);
    const lookup = (_name: string, _options: object, found: (error: null, addresses: object[]) => void): void =>
      found(null, [{ address: host, family: 4 }]);
    const dispatcher = new Agent({ connect: { ca, lookup } as object });
    return fetch(`https://notes.localhost:${port}${path}`, { ...(init as object), dispatcher });
  }

  it("passes each step up to its smoke test", () => {
    // Pulumi tells of its own steps itself.
    assert.match(
      Object.keys(stack.up.seconds).join(", "),
      /^Toolchain, Cluster, Images, (Resources, Ready, )?Smoke test$/,
    );
  });

  it("serves the example app, which keeps notes in PostgreSQL and files in the object store", async () => {
    const headers = { "content-type": "application/json" };
    const posted = await request("/notes", { method: "POST", headers, body: JSON.stringify({ text: "seen at dusk" }) });
    assert.ok(posted.status < 400, `${posted.status} ${await posted.text()}`);
    assert.match(JSON.stringify(await (await request("/notes")).json()), /seen at dusk/);
    await request("/files/dusk.txt", { method: "PUT", body: "a file" });
    assert.equal(await (await request("/files/dusk.txt")).text(), "a file");
  });

  it("leads psql to the primary through the edge", async () => {
    const { host, port } = stack.edge(5432);
    const password = await stack.secret(site.namespaces.data.name, "pg-role-notes", "password");
    const client = new pg.Client({
      host,
      port,
      user: "notes",
      database: "notes",
      password,
      ssl: { ca, servername: "pg-primary" },
    });
    await client.connect();
    try {
      const { rows } = await client.query(
        "SELECT pg_is_in_recovery() AS replica, (SELECT count(*) FROM pg_stat_ssl WHERE ssl AND pid = pg_backend_pid())::int AS tls",
      );
      assert.deepEqual(rows, [{ replica: false, tls: 1 }]);
    } finally {
      await client.end();
    }
  });

  it("says that everything is fine", async () => {
    // An alarm that other tests raised goes at the next reading.
    for (const end = Date.now() + 60_000; (await troubles()).length > 0 && Date.now() < end;) await sleep(2000);
    assert.deepEqual(await troubles(), []);
    const { stdout } = await archipel(["status", "local"], { reject: false });
    assert.match(stripVTControlCharacters(stdout), /Deployment local-site1-data\/pg-pooler +2 of 2/);
  });

  it("changes nothing the second time", async () => {
    const before = await generations(stack);
    const { stdout } = await archipel(["up", "local", "--json"]);
    assert.deepEqual(changesOf(stdout), { added: 0, changed: 0, removed: 0, kept: [] });
    assert.deepEqual(await generations(stack), before);
  });

  it("goes on after it was killed in the middle", async () => {
    for (const seconds of [1, 4, 8]) {
      const child = archipel(["up", "local", "--json"], { reject: false });
      await sleep(seconds * 1000);
      child.kill("SIGKILL");
      await child;
    }
    const { stdout } = await archipel(["up", "local", "--json"]);
    assert.equal(changesOf(stdout).added, 0);
  });

  it("says at once where the Kubernetes API is away, and that apps go on", async () => {
    const control = `${stack.site.name}-control`;
    await stopService(control, "kube-apiserver");
    try {
      const { stdout, exitCode } = await archipel(["status", "local", "--json"], { reject: false });
      const { sites } = JSON.parse(stdout) as { sites: SiteStatus[] };
      assert.match(sites[0]!.problem!, /its Kubernetes API is not ready: .*\n.*goes on meanwhile/);
      assert.equal(exitCode, 1);
      assert.equal((await request("/notes")).status, 200);
    } finally {
      await startService(control, "kube-apiserver");
    }
    await eventually(120, async () => assert.deepEqual(await troubles(), []));
  });

  it("refuses to delete data without a yes", async () => {
    const { exitCode, stderr } = await archipel(["down", "local"], { reject: false });
    assert.equal(exitCode, 2);
    assert.match(stderr, /deletes its sandbox with all data:\s+PostgreSQL of site1: databases notes/);
  });
});

/** Generation of every object and a hash of every Secret: another one means that it was changed. */
async function generations({ kubectl, site }: LocalStack): Promise<string[]> {
  const namespaces = Object.values(site.namespaces).map((one) => one.name);
  const kinds = "deployments,statefulsets,services,configmaps,persistentvolumeclaims,networkpolicies";
  const objects = await kubectl.list([kinds, "--all-namespaces"]);
  const secrets = await kubectl.list(["secrets", "--all-namespaces"]);
  return [
    ...objects
      .filter((one) => namespaces.includes(one.metadata.namespace!) && one.metadata.name !== "archipel-inventory")
      .map((one) => `${one.kind} ${one.metadata.name} ${(one.metadata as { generation?: number }).generation}`),
    ...secrets
      .filter((one) => namespaces.includes(one.metadata.namespace!))
      .map((one) => `Secret ${one.metadata.name} ${shortHash(one["data"])}`),
  ].toSorted();
}
