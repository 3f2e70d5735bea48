import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { connect as connectHttp2 } from "node:http2";
import { Agent, createServer, request, type Server } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
import { haproxyFiles } from "../../components/edge/haproxyConfig.ts";
import { STORE_BACKEND } from "../../stacks/names.ts";
import { plan } from "../../stacks/topology.ts";
import { fullConfig, validConfig } from "./support.ts";

const HOST = "s3.example.org";
const STORE = "minio.data.svc.cluster.local";
const NO_DNS = " resolvers cluster resolve-prefer ipv4 init-addr none";

/** What a client sends. */
interface Sent {
  method: string;
  bytes: number;
  headers?: Record<string, string>;
}

describe("HAProxy before an object store whose server ends", function () {
  this.timeout(30_000);
  let folder = "";
  let proxy: ChildProcess | undefined;
  let server: Server;
  /** How many requests the store still breaks off, and how many came. */
  let [breaking, came] = [0, 0];
  /** Whether it leaves them without an answer, in place of ending the connection. */
  let silent = false;
  /** Connections on which requests came, one for each. */
  let connections: Socket[] = [];

  before(async function () {
    if (spawnSync("haproxy", ["-v"]).status !== 0) {
      this.test!.parent!.title += " (skipped: haproxy is not on the PATH; Debian's package is `haproxy`)";
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), "edge-"));
    for (const each of ["tls", "site-ca"]) mkdirSync(join(folder, each));
    const [certificate, key] = [join(folder, "tls", "edge.pem"), join(folder, "tls", "edge.pem.key")];
    const names = ["-subj", "/CN=edge", "-addext", `subjectAltName=DNS:${STORE},DNS:${HOST}`];
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", ...names];
    execFileSync("openssl", ["req", "-x509", ...curve, "-keyout", key, "-out", certificate], { stdio: "ignore" });
    execFileSync("cp", [certificate, join(folder, "site-ca", "ca.crt")]);
    server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (asked, answer) => {
      let bytes = 0;
      asked.on("error", () => undefined);
      asked.on("data", (part: Buffer) => (bytes += part.length));
      asked.on("end", () => {
        came += 1;
        connections.push(asked.socket);
        if (breaking-- > 0) {
          if (!silent) asked.socket.destroy();
        } else answer.end(String(bytes));
      });
    });
    await once(server.listen(join(folder, "store.sock")), "listening");
    await startProxy();
  });

  /** HAProxy with the platform's own configuration, but for where it listens and finds the store: files in place of ports. */
  async function startProxy(): Promise<void> {
    const edge = plan("s", validConfig(fullConfig)).sites[0]!.edge!;
    const http = [{ host: HOST, path: "/", stripPrefix: false, app: STORE_BACKEND }];
    const flow = { namespace: "data", podLabels: {}, ports: [9000] };
    const store = { host: STORE, port: 9000, flow };
    const made = haproxyFiles({ plan: { ...edge, http, tcp: [] }, backends: {}, store, folder });
    const config = made["haproxy.cfg"]
      .replaceAll(/bind :(\d+)/g, `bind unix@${folder}/$1.sock`)
      .replace(/stats socket \S+/, `stats socket ${folder}/admin.sock`)
      .replaceAll(`${STORE}:9000`, `unix@${folder}/store.sock`)
      .replaceAll(NO_DNS, "")
      .replace("set-timeout server 20s", "set-timeout server 500ms")
      .replace("timeout server 60s", "timeout server 2s");
    writeFileSync(join(folder, "haproxy.cfg"), config);
    writeFileSync(join(folder, "routes.map"), made["routes.map"]);
    proxy = spawn("haproxy", ["-db", "-f", join(folder, "haproxy.cfg")], { stdio: "ignore" });
    while (!existsSync(join(folder, "8443.sock"))) {
      assert.equal(proxy.exitCode, null, "HAProxy runs");
      await sleep(50);
    }
  }

  after(() => {
    proxy?.kill("SIGKILL");
    server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Sends a request whose content comes a little later, as clients send it. @returns the answer's status and text. */
  async function send({ method, bytes, headers }: Sent): Promise<[number, string]> {
    const ca = readFileSync(join(folder, "site-ca", "ca.crt"));
    const asked = request({
      socketPath: join(folder, "8443.sock"),
      ...{ ca, servername: HOST, method, path: "/files/key" },
      headers: { host: HOST, "content-length": bytes, ...headers },
    });
    const answered = once(asked, "response") as Promise<[IncomingMessage]>;
    answered.catch(() => undefined);
    asked.flushHeaders();
    await sleep(bytes > 0 ? 100 : 0);
    asked.end("x".repeat(bytes));
    const [answer] = await answered;
    let text = "";
    for await (const part of answer) text += String(part);
    return [answer.statusCode!, text];
  }

  /** Whether a request is answered whose server ends before it answers, and how often it came to the store. */
  async function broken(sent: Sent): Promise<{ answered: string | false; times: number }> {
    [breaking, came] = [1, 0];
    // Where the connection to the store was used before, HAProxy ends that of the client, as the store would.
    const [status, text] = await send(sent).catch(() => [502, ""] as const);
    return { answered: status === 200 && text, times: came };
  }

  it("sends an object of some kilobytes again", async () => {
    assert.deepEqual(await broken({ method: "GET", bytes: 0 }), { answered: "0", times: 2 });
    assert.deepEqual(await broken({ method: "PUT", bytes: 8192 }), { answered: "8192", times: 2 });
  });

  it("reads again what gets no answer, and writes nothing again that may still be written", async () => {
    silent = true;
    assert.deepEqual(await broken({ method: "GET", bytes: 0 }), { answered: "0", times: 2 });
    assert.deepEqual(await broken({ method: "PUT", bytes: 8192 }), { answered: false, times: 1 });
    silent = false;
  });

  it("sends nothing again that may have been done and is not the same twice", async () => {
    const single: Sent[] = [
      { method: "POST", bytes: 100 },
      { method: "DELETE", bytes: 0 },
      { method: "PUT", bytes: 100, headers: { "if-none-match": "*" } },
      { method: "PUT", bytes: 100, headers: { "if-match": '"e"' } },
    ];
    for (const sent of single) {
      assert.deepEqual({ ...sent, ...(await broken(sent)) }, { ...sent, answered: false, times: 1 });
    }
  });

  it("gives what it sends once a connection that nobody used before", async () => {
    const fresh: Sent[] = [
      { method: "POST", bytes: 100 },
      { method: "PUT", bytes: 200_000 },
      { method: "DELETE", bytes: 0 },
    ];
    for (const sent of [...fresh, ...fresh]) {
      // It leaves a connection that could be used.
      await send({ method: "GET", bytes: 0 });
      connections = [];
      await send({ method: "GET", bytes: 0 });
      const [used] = connections;
      assert.deepEqual(await send(sent), [200, String(sent.bytes)]);
      await send(sent);
      assert.equal(new Set([used, ...connections]).size, 3);
    }
  });

  it("leaves it to the client to send an object again that does not fit into its buffer", async () => {
    assert.deepEqual(await broken({ method: "PUT", bytes: 200_000 }), { answered: false, times: 1 });
    assert.deepEqual(await send({ method: "PUT", bytes: 200_000 }), [200, "200000"]);
  });

  it("has clients of HTTP/1 let go of an idle connection before it ends it", async () => {
    const config = readFileSync(join(folder, "haproxy.cfg"), "utf8");
    const [, seconds] = /timeout http-keep-alive (\d+)s/.exec(config)!;
    const ca = readFileSync(join(folder, "site-ca", "ca.crt"));
    const agent = new Agent({ keepAlive: true, timeout: 60_000, ca, servername: HOST });
    const place = { socketPath: join(folder, "8443.sock"), headers: { host: HOST } };
    const asked = request({ agent, path: "/files/key", ...place }).end();
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    answer.resume();
    const [socket] = (await once(agent, "free")) as [Socket];
    assert.ok(socket.timeout! > 10_000 && socket.timeout! < Number(seconds) * 1000, `${socket.timeout} ms`);
    agent.destroy();
  });

  it("says nothing of connections to clients of HTTP/2, where headers must not", async () => {
    const tls = { path: join(folder, "8443.sock"), ca: readFileSync(join(folder, "site-ca", "ca.crt")) };
    const createConnection = () => connect({ ...tls, servername: HOST, ALPNProtocols: ["h2"] });
    const session = connectHttp2(`https://${HOST}`, { createConnection });
    const [headers] = (await once(session.request({ ":path": "/files/key" }), "response")) as [Record<string, string>];
    assert.equal(Number(headers[":status"]), 200);
    assert.equal(headers["keep-alive"], undefined);
    session.destroy();
  });
});
