import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import type { AppBackend, DatabaseBackend, StoreBackend } from "../../components/edge/backends.ts";
import { tcpRoutes } from "../../components/edge/edgePorts.ts";
import { haproxyFiles } from "../../components/edge/haproxyConfig.ts";
import { STORE_BACKEND } from "../../stacks/names.ts";
import type { EdgePlan, HttpRoute } from "../../stacks/plan.ts";
import { plan } from "../../stacks/topology.ts";
import { fullConfig, validConfig } from "./support.ts";

const edge = plan("s", validConfig(fullConfig)).sites[0]!.edge!;
const route = (path: string, app: string, stripPrefix = false): HttpRoute => ({
  host: "a.example.org",
  path,
  app,
  stripPrefix,
});
const backend = (host: string): AppBackend => ({ host, port: 8080, readinessPath: "/readyz", replicas: 2 });
const backends = { one: backend("one.apps.svc.cluster.local"), two: backend("two.apps.svc.cluster.local") };
const database: DatabaseBackend = {
  memberHosts: ["pg-0.data.svc.cluster.local", "pg-1.data.svc.cluster.local"],
  port: 5432,
  patroniPort: 8008,
  poolerHost: "pg-pooler.data.svc.cluster.local",
  poolerPort: 5432,
};
const store: StoreBackend = {
  host: "minio.data.svc.cluster.local",
  port: 9000,
  flow: { namespace: "data", podLabels: {}, ports: [9000] },
};
const routes = [route("/api/v1.0", "two", true), route("/api", "two"), route("/", "one")];
const tcp: EdgePlan["tcp"] = [
  { name: "sql", port: 5432, to: "database-primary" },
  { name: "pool", port: 25, to: "database-pooler" },
];
const storeRoute: HttpRoute = { host: "s3.example.org", path: "/", stripPrefix: false, app: STORE_BACKEND };
const files = (changes: Partial<EdgePlan>, folder?: string) => {
  const changed = { ...edge, http: routes, tcp, ...changes };
  const served = changed.http.includes(storeRoute) ? store : undefined;
  return haproxyFiles({ plan: changed, backends, database, store: served, folder });
};

describe("the edge's configuration", () => {
  it("leads a host and the longest prefix to an app, at whole segments of the path", () => {
    assert.equal(
      files({})["routes.map"],
      "a.example.org/api/v1.0/ two:/api/v1.0\na.example.org/api/ two\na.example.org/ one\n",
    );
  });

  it("removes a prefix only where the route says so", () => {
    const text = files({})["haproxy.cfg"];
    assert.match(
      text,
      /replace-path '\^\/api\/v1\\\.0\(\/\(\.\*\)\)\?\$' '\/\\2' if \{ var\(txn.route\) -m str two:\/api\/v1\.0 \}/,
    );
    assert.equal(text.match(/replace-path/g)?.length, 1);
    assert.doesNotMatch(files({ http: [route("/", "one", true)] })["haproxy.cfg"], /replace-path/);
  });

  it("finds the primary by Patroni's own answer, verified by the site's authority", () => {
    const text = files({})["haproxy.cfg"];
    assert.match(text, /http-check send meth GET uri \/primary/);
    assert.match(text, /port 8008 check-ssl ca-file \/etc\/haproxy\/site-ca\/ca\.crt/);
    assert.match(text, /on-marked-down shutdown-sessions/);
    for (const host of database.memberHosts)
      assert.match(text, new RegExp(`${host}:5432 check-sni ${host} verifyhost ${host}`));
  });

  it("has nothing of TCP where there are no routes", () => {
    assert.doesNotMatch(files({ tcp: [] })["haproxy.cfg"], /mode tcp|site-ca/);
  });

  it("insists on HTTPS in browsers only when told to", () => {
    assert.doesNotMatch(files({})["haproxy.cfg"], /Strict-Transport-Security/);
    assert.match(files({ hstsSeconds: 300 })["haproxy.cfg"], /Strict-Transport-Security max-age=300/);
  });

  it("gives every TCP route a port of its own that needs no privilege", () => {
    const ports = fc.uniqueArray(fc.integer({ min: 1, max: 65535 }), { maxLength: 50 });
    fc.assert(
      fc.property(ports, (list) => {
        const wanted = list.filter((port) => ![80, 443, 8080, 8443, 8404].includes(port));
        const given = tcpRoutes(wanted.map((port) => ({ name: `p${port}`, port, to: "database-primary" })));
        const inside = given.map((one) => one.containerPort);
        assert.equal(new Set([...inside, 8080, 8443, 8404]).size, inside.length + 3);
        assert.ok(inside.every((port) => port >= 1024 && port <= 65535));
        assert.ok(given.every((one) => one.port < 1024 || one.containerPort === one.port));
      }),
    );
  });
});

describe("HAProxy itself", () => {
  let folder = "";

  before(function () {
    if (spawnSync("haproxy", ["-v"]).status !== 0) {
      this.test!.parent!.title += " (skipped: haproxy is not on the PATH; Debian's package is `haproxy`)";
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), "edge-"));
    mkdirSync(join(folder, "tls"));
    mkdirSync(join(folder, "site-ca"));
    const [certificate, key] = [join(folder, "tls", "edge.pem"), join(folder, "tls", "edge.pem.key")];
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=edge"];
    execFileSync("openssl", ["req", "-x509", ...curve, "-keyout", key, "-out", certificate], { stdio: "ignore" });
    execFileSync("cp", [certificate, join(folder, "site-ca", "ca.crt")]);
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  const check = (changes: Partial<EdgePlan>): { status: number | null; output: string } => {
    for (const [name, text] of Object.entries(files(changes, folder))) writeFileSync(join(folder, name), text);
    const { status, stderr } = spawnSync("haproxy", ["-c", "-f", join(folder, "haproxy.cfg")], { encoding: "utf8" });
    return { status, output: stderr };
  };

  const accepts = (changes: Partial<EdgePlan>): void => {
    const { status, output } = check(changes);
    assert.equal(status, 0, output);
    assert.doesNotMatch(output, /WARNING|ALERT/);
  };

  it("accepts what is made, without a warning", () => {
    accepts({});
    accepts({ tcp: [] });
    accepts({ http: [], tcp: [] });
    accepts({ http: [storeRoute] });
    accepts({ hstsSeconds: 300, maxConnections: 100, drainSeconds: 1 });
  });

  it("accepts every path that config accepts", function () {
    this.timeout(60_000);
    const path = fc.stringMatching(/^\/[-._~/a-zA-Z0-9]{0,40}$/);
    fc.assert(
      fc.property(path, fc.boolean(), (one, strip) => accepts({ http: [route(one, "one", strip), route("/", "two")] })),
      { numRuns: 40 },
    );
  });

  it("refuses a configuration with a mistake: the check before a rollout can fail", () => {
    const broken = files({}, folder)["haproxy.cfg"].replace("balance random", "balance nonsense");
    writeFileSync(join(folder, "haproxy.cfg"), broken);
    assert.equal(spawnSync("haproxy", ["-c", "-f", join(folder, "haproxy.cfg")]).status, 1);
  });
});
