import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import tls from "node:tls";
import pg from "pg";
import { type ReadReport, startReaders } from "../readers.ts";
import { localStack, needsSandbox, type LocalStack } from "../support.ts";

/** Seconds for something to come back, on a machine that is busy with other things. */
const PATIENCE = 180;

describe("the edge", function () {
  this.timeout(900_000);
  let stack: LocalStack;
  let host: string;
  let app: string;
  let namespaces: { edge: string; apps: string; data: string };

  before(async function () {
    needsSandbox(this);
    stack = await localStack();
    const { site } = stack;
    const replicated = site.apps.filter((one) => one.replicas > 1).map((one) => one.name);
    ({ host, app } = site.edge!.http.find((route) => replicated.includes(route.app))!);
    namespaces = { edge: site.namespaces.edge.name, apps: site.namespaces.apps.name, data: site.namespaces.data.name };
  });

  const kubectl = (namespace: string, ...args: string[]): Promise<string> =>
    stack.kubectl.run(["--namespace", namespace, ...args]);

  const rollout = (deployment: string, namespace: string): Promise<string> =>
    kubectl(namespace, "rollout", "status", `deployment/${deployment}`, `--timeout=${PATIENCE}s`);

  /** Reads through the edge while something happens to it; asserts that no reader noticed. */
  async function unnoticed(happening: () => Promise<unknown>): Promise<ReadReport> {
    const readers = startReaders({ address: stack.edge(443), host, path: "/livez" });
    await sleep(2000);
    try {
      await happening();
    } finally {
      await sleep(3000);
      await readers.stop();
    }
    const report = await readers.stop();
    console.log(`      ${report.ok} reads, the slowest took ${report.slowest} ms`);
    assert.deepEqual(report.failures, {});
    assert.ok(report.ok > 100, `only ${report.ok} reads`);
    return report;
  }

  /** A plain HTTP request. */
  const plain = (name: string, path: string) =>
    new Promise<http.IncomingMessage>((resolve, reject) => {
      http
        .get({ ...stack.edge(80), path, headers: { host: name } }, (response) => {
          response.resume();
          resolve(response);
        })
        .on("error", reject);
    });

  it("leads plain HTTP to HTTPS", async () => {
    const response = await plain(host, "/a?b=c");
    assert.equal(response.statusCode, 308);
    assert.equal(response.headers.location, `https://${host}/a?b=c`);
  });

  it("does not know hosts that no app has", async () => {
    const readers = startReaders({ address: stack.edge(443), host: "unknown.example.org", path: "/", connections: 1 });
    await sleep(500);
    const { ok, failures } = await readers.stop();
    assert.equal(ok, 0);
    assert.deepEqual(Object.keys(failures), ["404"]);
  });

  it("costs no read when an app's pod is gone", () =>
    unnoticed(async () => {
      const pods = await kubectl(
        namespaces.apps,
        "get",
        "pods",
        "--selector",
        `app.kubernetes.io/instance=${app}`,
        "--output=name",
      );
      const pod = pods.split("\n").find((name) => !name.includes("release"))!;
      await kubectl(namespaces.apps, "delete", pod, "--grace-period=0", "--force");
      await rollout(app, namespaces.apps);
    }));

  it("costs no read when its own pods are replaced, one after the other", () =>
    unnoticed(async () => {
      await kubectl(namespaces.edge, "rollout", "restart", "deployment/edge");
      await rollout("edge", namespaces.edge);
      // The last old pod goes on for a while after the new ones are ready.
      await sleep(10_000);
    }));

  it("keeps its pods when HAProxy refuses a new configuration", async () => {
    const deployment = JSON.parse(await kubectl(namespaces.edge, "get", "deployment/edge", "--output=json")) as {
      spec: { template: { spec: { volumes: { name: string; configMap?: { name: string } }[] } } };
    };
    const volumes = deployment.spec.template.spec.volumes;
    const at = volumes.findIndex((volume) => volume.configMap);
    const good = volumes[at]!.configMap!.name;
    const setConfig = (name: string) =>
      kubectl(
        namespaces.edge,
        "patch",
        "deployment/edge",
        "--type=json",
        "--patch",
        JSON.stringify([{ op: "replace", path: `/spec/template/spec/volumes/${at}/configMap/name`, value: name }]),
      );
    const { data } = JSON.parse(await kubectl(namespaces.edge, "get", "configmap", good, "--output=json")) as {
      data: Record<string, string>;
    };
    const broken = { ...data, "haproxy.cfg": data["haproxy.cfg"]!.replace("balance random", "balance nonsense") };
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "edge-broken" }, data: broken };
    await stack.kubectl.run(["--namespace", namespaces.edge, "apply", "--filename=-"], JSON.stringify(object));
    try {
      await unnoticed(async () => {
        await setConfig("edge-broken");
        await until("a new pod was refused by its check", async () => {
          const pods = await kubectl(namespaces.edge, "get", "pods", "--output=json");
          return /"initContainerStatuses".*?"exitCode": 1/s.test(pods);
        });
        const ready = await kubectl(
          namespaces.edge,
          "get",
          "deployment/edge",
          "--output=jsonpath={.status.availableReplicas}",
        );
        assert.equal(Number(ready), stack.site.edge!.replicas);
      });
    } finally {
      await setConfig(good);
      await kubectl(namespaces.edge, "delete", "configmap", "edge-broken");
      await rollout("edge", namespaces.edge);
    }
  });

  it("takes over a renewed certificate without dropping a connection", async () => {
    const folder = mkdtempSync(join(tmpdir(), "edge-"));
    const [crt, key] = [join(folder, "tls.crt"), join(folder, "tls.key")];
    const curve = [
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-subj",
      `/CN=${host}`,
      "-days",
      "2",
    ];
    execFileSync("openssl", ["req", "-x509", ...curve, "-keyout", key, "-out", crt], { stdio: "ignore" });
    const base64 = (path: string) => readFileSync(path).toString("base64");
    const secret = JSON.parse(await kubectl(namespaces.edge, "get", "secret", "edge-tls", "--output=json")) as {
      data: object;
    };
    const metadata = { name: "edge-tls", namespace: namespaces.edge };
    const put = (data: object) =>
      stack.kubectl.run(
        ["apply", "--server-side", "--force-conflicts", "--field-manager=edge-test", "--filename=-"],
        JSON.stringify({ apiVersion: "v1", kind: "Secret", metadata, data }),
      );
    const before = await servedCertificates();
    try {
      await unnoticed(async () => {
        await put({ "tls.crt": base64(crt), "tls.key": base64(key) });
        await until("all pods serve the new certificate", async () => {
          const served = await servedCertificates();
          return served.size === 1 && ![...served].some((one) => before.has(one));
        });
      });
    } finally {
      await put(secret.data);
      rmSync(folder, { recursive: true });
      await until("the old certificate is back", async () =>
        [...(await servedCertificates())].every((one) => before.has(one)),
      );
    }
  });

  it("leads to the new primary after the old one is gone", async function () {
    if (!stack.site.edge!.tcp.some((route) => route.to === "database-primary")) this.skip();
    const first = await primaryAddress();
    const label = `archipel.io/member`;
    const pods = JSON.parse(
      await kubectl(
        namespaces.data,
        "get",
        "pods",
        "--selector",
        `app.kubernetes.io/name=patroni,${label}`,
        "--output=json",
      ),
    ) as {
      items: { metadata: { name: string }; status: { podIP: string } }[];
    };
    const primary = pods.items.find((pod) => pod.status.podIP === first)!.metadata.name;
    await kubectl(namespaces.data, "delete", "pod", primary, "--grace-period=0", "--force");
    const started = performance.now();
    await until("another member answers as primary", async () => (await primaryAddress()) !== first);
    console.log(`      another primary after ${Math.round((performance.now() - started) / 100) / 10} s`);
  });

  /** Address of the member that the edge's TCP route leads to. */
  async function primaryAddress(): Promise<string> {
    const { port } = stack.site.edge!.tcp.find((route) => route.to === "database-primary")!;
    const { name, owner } = stack.site.database!.databases[0]!;
    const password = await stack.secret(namespaces.data, `pg-role-${owner}`, "password");
    const client = new pg.Client({
      ...stack.edge(port),
      user: owner,
      database: name,
      password,
      ssl: { rejectUnauthorized: false },
    });
    client.on("error", () => undefined);
    await client.connect();
    try {
      const { rows } = await client.query<{ address: string; replica: boolean }>(
        "SELECT host(inet_server_addr()) AS address, pg_is_in_recovery() AS replica",
      );
      assert.equal(rows[0]!.replica, false);
      return rows[0]!.address;
    } finally {
      await client.end();
    }
  }

  /** Fingerprints of the certificates that new connections get: several, since pods take turns. */
  async function servedCertificates(): Promise<Set<string>> {
    const one = () =>
      new Promise<string>((resolve, reject) => {
        const socket = tls.connect({ ...stack.edge(443), servername: host, rejectUnauthorized: false }, () => {
          resolve(socket.getPeerCertificate().fingerprint256);
          socket.destroy();
        });
        socket.on("error", reject);
      });
    const found = new Set<string>();
    for (let count = 0; count < 12; count += 1) found.add(await one());
    return found;
  }

  async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + PATIENCE * 1000;
    let last: unknown;
    while (performance.now() < deadline) {
      try {
        if (await condition()) return;
      } catch (error) {
        last = error;
      }
      await sleep(1000);
    }
    assert.fail(`not in ${PATIENCE} seconds: ${what}${last instanceof Error ? ` (${last.message})` : ""}`);
  }
});
