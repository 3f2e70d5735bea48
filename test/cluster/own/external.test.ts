import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { kubectl, type Kubectl } from "../../../cli/kubectl.ts";
import { projectRoot } from "../../../cli/projectRoot.ts";
import { askPrometheus } from "../../../cli/site/prometheus.ts";
import { secretValue } from "../../../cli/site/secrets.ts";
import { ONE_NODE } from "../../../sandbox/oneNode.ts";
import { down, kubeconfig } from "../../../sandbox/sandbox.ts";
import { tool } from "../../../sandbox/toolchain/build.ts";
import { eventually } from "../eventually.ts";
import { LACKING, OutsidePostgres, SERVER } from "../outsidePostgres.ts";
import { runbookCommands, runCommand } from "../runbookCommands.ts";
import { archipel, furnishedSandbox, prepare } from "../support.ts";

/** A stack that the test makes and takes away, in a sandbox of its own. */
const STACK = "externaltest";
const FILE = join(projectRoot, `Pulumi.${STACK}.yaml`);
const DATA = `${STACK}-site1-data`;
const APPS = `${STACK}-site1-apps`;

describe("a database that somebody else runs", function () {
  this.timeout(1_200_000);
  let cluster: Kubectl;
  let server: OutsidePostgres;

  const databases = [{ name: "notes", extensions: ["pg_trgm"] }];

  /** Stands the stack up with some databases and roles, and with what uses them. */
  const up = (content: object) =>
    upWith(content, {
      "archipel:objects": { servers: 1, drivesPerServer: 1, driveSize: "1Gi", buckets: [{ name: "notes" }] },
      "archipel:monitoring": { kind: "prometheus", intervalSeconds: 15, storage: "1Gi" },
      "archipel:apps": [
        {
          name: "notes",
          image: "notes",
          release: { command: ["node", "dist/migrate.js"] },
          bindings: { database: "notes", bucket: "notes" },
        },
      ],
    });

  function upWith(content: object, users: object = {}) {
    const config = {
      "archipel:sites": [ONE_NODE],
      "archipel:database": {
        kind: "external",
        host: SERVER.host,
        administrator: SERVER.administrator,
        caFrom: "databaseCa",
        passwordFrom: "databasePassword",
        backup: { archiveMinutes: 1 },
        ...content,
      },
      "archipel:databaseCa": server.ca,
      "archipel:databasePassword": SERVER.password,
      ...users,
    };
    writeFileSync(FILE, stringify({ config }), { mode: 0o600 });
    return archipel(["up", STACK, "--yes", "--timeout", "300"], { reject: false });
  }

  /** Waits until Prometheus knows this value of a metric. */
  const becomes = (query: string, wanted: string): Promise<void> =>
    eventually(120, async () => {
      type Found = { result: { value: [number, string] }[] };
      const { result } = await askPrometheus<Found>({ kubectl: cluster, namespace: DATA }, "query", { query });
      assert.equal(result[0]?.value[1], wanted, query);
    });

  prepare(async () => {
    await furnishedSandbox();
    cluster = kubectl(tool("kubectl"), kubeconfig("site1"));
    server = new OutsidePostgres(cluster);
    await server.start();
  });

  after(async () => {
    server?.remove();
    await down();
    rmSync(FILE, { force: true });
  });

  it("is not touched where somebody else's role or database has a wanted name", async () => {
    await server.query("CREATE ROLE notes LOGIN PASSWORD 'theirs'");
    await server.query("CREATE DATABASE notes OWNER postgres");
    const { exitCode, stderr } = await upWith({ databases });
    assert.equal(exitCode, 2);
    assert.match(stderr, /these Jobs failed for good/);
    assert.match(stderr, /role notes exists and was not made here/);
    assert.match(stderr, /database notes exists and belongs to postgres/);
    assert.equal(await server.query("SELECT count(*) FROM pg_roles WHERE rolname = 'archipel_monitor'"), "0");
    await server.query("DROP DATABASE notes");
    await server.query("DROP ROLE notes");
  });

  it("is not touched where it lacks an extension", async () => {
    const { exitCode, stderr } = await upWith({ databases: [...databases, { name: "sky", extensions: [LACKING] }] });
    assert.equal(exitCode, 2);
    assert.match(stderr, new RegExp(`extension ${LACKING} of database sky is not on this server`));
    const made = "SELECT count(*) FROM pg_roles WHERE rolname IN ('archipel_monitor', 'notes', 'sky')";
    assert.equal(await server.query(made), "0");
    assert.equal(await server.query("SELECT count(*) FROM pg_database WHERE datname IN ('notes', 'sky')"), "0");
  });

  it("gets the roles and databases of config once those are gone, and apps that use them", async () => {
    const { exitCode, stderr } = await up({
      databases: [...databases, { name: "wiki" }],
      roles: [{ name: "reader" }],
    });
    assert.equal(exitCode, 0, stderr);
    // The app's release has made its tables, through its binding, as the role that owns the database.
    assert.equal(
      await server.query("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'", "notes"),
      "notes",
    );
    assert.equal(await server.query("SELECT 'yes' FROM pg_extension WHERE extname = 'pg_trgm'", "notes"), "yes");
    const connections =
      "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'notes'";
    assert.match(await server.query(connections), /^t?$/);
    assert.equal(await secretValue(cluster, APPS, "notes-bindings", "PGHOST"), SERVER.host);
  });

  it("gives a role another login, and keeps the former one for a while", async () => {
    const { exitCode, stderr } = await up({
      databases: [{ name: "notes" }],
      roles: [{ name: "notes", generation: 2 }],
    });
    assert.equal(exitCode, 0, stderr);
    const logins =
      "SELECT string_agg(rolname, ' ' ORDER BY rolname) FROM pg_roles WHERE rolcanlogin AND rolname ~ '^notes'";
    assert.equal(await server.query(logins), "notes notes_g2");
    assert.equal(await secretValue(cluster, APPS, "notes-bindings", "PGUSER"), "notes_g2");
  });

  it("keeps databases, roles and extensions that config no longer says, and reports its own", async () => {
    await server.query("CREATE ROLE theirs");
    await server.query("CREATE DATABASE theirs OWNER theirs");
    const { exitCode, stderr } = await up({
      databases: [{ name: "notes" }],
      roles: [{ name: "notes", generation: 2, connectionLimit: 50 }],
    });
    assert.equal(exitCode, 0, stderr);
    const jobs = ["--selector", "app.kubernetes.io/name=converge", "--tail=-1", "--namespace", DATA];
    const log = await cluster.run(["logs", ...jobs]);
    assert.match(log, /^pg-converge: kept: databases that config does not declare: wiki$/m);
    assert.match(log, /^pg-converge: kept: roles that config does not declare: reader, wiki$/m);
    assert.match(log, /^pg-converge: kept: extensions of database notes that config does not declare: pg_trgm$/m);
    const there = "SELECT count(*) FROM pg_roles WHERE rolcanlogin AND rolname IN ('reader', 'wiki')";
    assert.equal(await server.query(there), "2");
    assert.equal(await server.query("SELECT count(*) FROM pg_database WHERE datname = 'wiki'"), "1");
    assert.equal(await server.query("SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'", "notes"), "1");
  });

  it("is watched: whether it answers, and whether it archives its WAL", async () => {
    const [, ask] = runbookCommands("ExternalPostgresDown");
    assert.match(await runCommand(ask!, { DATA }), /accepting connections/);
    await becomes("pg_up", "1");
    await server.query("SELECT pg_switch_wal()");
    await becomes("archipel_archive_failing", "1");
    await server.query("ALTER SYSTEM SET archive_command = '/bin/true'");
    await server.query("SELECT pg_reload_conf()");
    await becomes("archipel_archive_failing", "0");
  });

  it("is refused with a wrong password, in its own words", async () => {
    const wrong = { ...SERVER };
    SERVER.password = "another";
    try {
      const { exitCode, stderr } = await up({
        databases: [{ name: "notes" }],
        roles: [{ name: "notes", generation: 3 }],
      });
      assert.equal(exitCode, 2);
      assert.match(stderr, /password authentication failed for user "keeper"/);
    } finally {
      Object.assign(SERVER, wrong);
    }
  });
});
