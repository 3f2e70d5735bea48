import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { adoptionTarget } from "../../../cli/adopt/target.ts";
import { openSession, type Adoption } from "../../../cli/adopt/connections.ts";
import type { AdoptionStatus } from "../../../cli/adopt/status.ts";
import { onMember, queryMember, untilComplete } from "../../../cli/database/target.ts";
import { openTunnel, type Tunnel } from "../../../cli/drill/tunnel.ts";
import { kubectl, type Kubectl } from "../../../cli/kubectl.ts";
import { projectRoot } from "../../../cli/projectRoot.ts";
import { planOf } from "../../../cli/render/plan.ts";
import { ONE_NODE } from "../../../sandbox/oneNode.ts";
import { down, kubeconfig, nodeMachines } from "../../../sandbox/sandbox.ts";
import { tool } from "../../../sandbox/toolchain/build.ts";
import { OutsidePostgres, SERVER } from "../outsidePostgres.ts";
import { startSourceWriter, type SourceWriter } from "../sourceWriter.ts";
import { archipel, furnishedSandbox, prepare } from "../support.ts";

/** A stack that the test makes and takes away, in a sandbox of its own. */
const STACK = "adopttest";
const FILE = join(projectRoot, `Pulumi.${STACK}.yaml`);

/** A database as a laboratory might have it. */
const CONTENT = `
  SET ROLE lab;
  CREATE TABLE readings (
    id bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), value double precision, raw bytea, meta jsonb);
  CREATE TABLE people (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE);
  CREATE TABLE written (id bigserial PRIMARY KEY, number int NOT NULL);
  CREATE TABLE days (day date PRIMARY KEY, n int) PARTITION BY RANGE (day);
  CREATE TABLE days_2026 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
  CREATE TABLE nameless (n int);
  CREATE UNLOGGED TABLE cache (k text PRIMARY KEY);
  CREATE SEQUENCE tickets START 500;
  CREATE MATERIALIZED VIEW daily AS SELECT at::date AS day, count(*) FROM readings GROUP BY 1;
  INSERT INTO readings (value, raw, meta)
    SELECT random(), decode(md5(n::text), 'hex'), jsonb_build_object('n', n, 'text', E'a|b\\nc' || n) FROM generate_series(1, 40000) AS n;
  INSERT INTO people (name) VALUES ('Ada'), ('Émilie'), ('Чебышёв');
  INSERT INTO days SELECT date '2026-01-01' + n, n FROM generate_series(0, 99) AS n;
  INSERT INTO nameless VALUES (1), (1);
  INSERT INTO cache VALUES ('x');
  SELECT nextval('tickets')`;

describe("the adoption of databases that somebody else runs", function () {
  this.timeout(1_200_000);
  let cluster: Kubectl;
  let server: OutsidePostgres;
  let tunnel: Tunnel;
  let writer: SourceWriter;
  let target: Adoption;

  const adopt = (command: string, ...options: string[]) =>
    archipel(["adopt", command, STACK, ...options], { reject: false });

  const here = (text: string, database = "notes"): Promise<string> =>
    queryMember(target, target.primary, text, database);

  /** What links the source with anybody: publications and slots. */
  const links = async (): Promise<string> =>
    `${await server.query("SELECT count(*) FROM pg_publication", "notes")} ${await server.query("SELECT count(*) FROM pg_replication_slots")}`;

  async function until(what: () => Promise<boolean> | boolean, message: string): Promise<void> {
    for (const end = Date.now() + 90_000; !(await what()); await sleep(100)) assert.ok(Date.now() < end, message);
  }

  /** The writer is acknowledged rows that it sends from now on. */
  const goesOn = async (message: string): Promise<void> => {
    const before = writer.acknowledged.length;
    await until(() => writer.acknowledged.length > before + 20, message);
  };

  async function look(): Promise<void> {
    const plan = planOf(STACK);
    target = await adoptionTarget(plan, plan.sites[0]!, cluster);
  }

  prepare(async () => {
    await furnishedSandbox();
    cluster = kubectl(tool("kubectl"), kubeconfig("site1"));
    server = new OutsidePostgres(cluster, "logical");
    await server.start();
    await server.query("CREATE ROLE lab");
    await server.query(`GRANT lab TO ${SERVER.administrator}`);
    for (const name of ["notes", "wiki"]) await server.query(`CREATE DATABASE ${name} OWNER lab`);
    await server.query(CONTENT, "notes");
    await server.query("CREATE EXTENSION pg_trgm", "notes");
    await server.query(
      "CREATE TABLE pages (title text PRIMARY KEY); ALTER TABLE pages OWNER TO lab; SELECT lo_create(4711)",
      "wiki",
    );
    const adopted = {
      host: SERVER.host,
      user: SERVER.administrator,
      caFrom: "sourceCa",
      passwordFrom: "sourcePassword",
      databases: ["notes", "wiki"],
    };
    const config = {
      "archipel:sites": [ONE_NODE],
      "archipel:database": {
        members: 3,
        storage: "2Gi",
        backup: "none",
        databases: [{ name: "notes", extensions: ["pg_trgm"] }, { name: "wiki" }],
        adopt: adopted,
      },
      "archipel:sourceCa": server.ca,
      "archipel:sourcePassword": SERVER.password,
    };
    writeFileSync(FILE, stringify({ config }), { mode: 0o600 });
    await archipel(["up", STACK, "--yes"]);
    await look();
    tunnel = await openTunnel(nodeMachines("site1")[0]!, await server.address(), 5432);
  });

  after(async () => {
    await writer?.stop();
    await tunnel?.close();
    server?.remove();
    await down();
    rmSync(FILE, { force: true });
  });

  it("is refused with all that is in the way at once, and changes nothing", async () => {
    await here("SET ROLE wiki; CREATE TABLE mine (n int)", "wiki");
    const { exitCode, stderr } = await adopt("start", "--yes");
    assert.equal(exitCode, 2);
    assert.match(stderr, /keeper may not replicate.*REPLICATION/);
    assert.match(stderr, /changed rows cannot be told from others.*: public\.nameless/);
    assert.match(stderr, /note: unlogged tables come empty: public\.cache/);
    assert.match(stderr, /it has 1 large objects/);
    assert.match(stderr, /it holds something here already.*: public\.mine/);
    assert.equal(await links(), "0 0");
    await here("DROP TABLE mine", "wiki");
    await server.query("SELECT lo_unlink(4711)", "wiki");
    await server.query("ALTER TABLE nameless REPLICA IDENTITY FULL", "notes");
    await server.query(`ALTER ROLE ${SERVER.administrator} REPLICATION`);
  });

  it("leaves nothing at the source where its definitions are not taken here", async () => {
    await server.query(`CREATE POLICY theirs ON pages TO ${SERVER.administrator} USING (true)`, "wiki");
    const { exitCode, stderr } = await adopt("start", "--database", "wiki", "--yes");
    assert.equal(exitCode, 2);
    assert.match(stderr, /role "keeper" does not exist/);
    assert.equal(await links(), "0 0");
    assert.equal(await here("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", "wiki"), "0");
    await server.query("DROP POLICY theirs ON pages", "wiki");
  });

  it("goes on where a start was killed", async () => {
    writer = await startSourceWriter({
      host: "127.0.0.1",
      port: tunnel.port,
      user: SERVER.administrator,
      password: SERVER.password,
      database: "notes",
      ssl: { ca: server.ca, servername: SERVER.host },
    });
    const started = adopt("start", "--yes");
    await until(async () => (await links()).endsWith("1"), "there is a slot");
    started.kill("SIGKILL");
    await started;
    const { exitCode, stderr } = await adopt("start", "--yes");
    assert.equal(exitCode, 0, stderr);
    assert.equal(await links(), "1 2");
    // Whose password it is stands in no catalog.
    assert.doesNotMatch(await here("SELECT subconninfo FROM pg_subscription"), new RegExp(SERVER.password));
    const owners = "SELECT string_agg(DISTINCT tableowner, ' ') FROM pg_tables WHERE schemaname = 'public'";
    assert.equal(await here(owners), "notes");
  });

  it("follows, also after another member took over, and says how far it is", async () => {
    const { name } = target.database;
    await onMember(
      target,
      target.primary,
      "patronictl",
      "--config-file",
      "/etc/patroni",
      "switchover",
      name,
      "--force",
    );
    await untilComplete(target);
    await look();
    const arrived = async (): Promise<boolean> =>
      Number(await here("SELECT max(number) FROM written")) >= writer.acknowledged.length - 50;
    await goesOn("the source takes writes");
    await until(arrived, "what is written there arrives here");
    const { stdout } = await adopt("status", "--json");
    const status = JSON.parse(stdout) as Record<string, AdoptionStatus>;
    assert.equal(status["notes"]!.phase, "following");
    assert.equal(status["notes"]!.lag!.state, "reserved");
    assert.equal(status["notes"]!.progress!.connected, true);
  });

  it("gives the source back where transactions do not end, where something differs, and where it is killed", async () => {
    const database = target.adopt.databases[0]!;
    const open = openSession(target, database, "source");
    await open.query("BEGIN; INSERT INTO public.people (name) VALUES ('late')");
    const impatient = await adopt("cut-over", "--database", "notes", "--patience", "1", "--yes");
    assert.equal(impatient.exitCode, 2);
    assert.match(impatient.stderr, /did not end within 1 s: process \d+ of keeper/);
    await goesOn("after transactions that did not end");
    await open.query("COMMIT");
    await open.close();

    await here("INSERT INTO nameless VALUES (2)");
    const different = await adopt("cut-over", "--database", "notes", "--yes");
    assert.equal(different.exitCode, 2);
    assert.match(different.stderr, /table public\.nameless has 2 rows there and 3 here/);
    assert.match(different.stderr, /the source takes writes as before/);
    await goesOn("after a difference");
    await here("DELETE FROM nameless WHERE n = 2");

    const holding = openSession(target, database, "here");
    await holding.query("BEGIN; ALTER SEQUENCE public.tickets RESTART 1");
    const killed = adopt("cut-over", "--database", "notes", "--yes");
    const fences = "SELECT count(*) FROM pg_locks WHERE mode = 'ShareRowExclusiveLock' AND granted";
    await until(async () => (await server.query(fences, "notes")) !== "0", "writes stand still");
    killed.kill("SIGKILL");
    await killed;
    await goesOn("after a cut-over that was killed");
    await holding.close();
  });

  it("moves writes within seconds, with every acknowledged row and all sequences", async () => {
    const { exitCode, stdout, stderr } = await adopt("cut-over", "--database", "notes", "--yes");
    assert.equal(exitCode, 0, stderr);
    console.log(
      `      ${/Writes stood still for .*/.exec(stdout)![0]} (${writer.acknowledged.length} rows were written)`,
    );
    await until(() => writer.refusal() !== undefined, "the source refuses writes");
    assert.match(writer.refusal()!, /database notes has moved to pg-pooler\./);
    const numbers = (await here("SELECT number FROM written ORDER BY number")).split("\n").map(Number);
    // The last one may have been written without an answer.
    assert.deepEqual(numbers.slice(0, writer.acknowledged.length), writer.acknowledged);
    assert.ok(numbers.length <= writer.acknowledged.length + 1);
    const next = "INSERT INTO written (number) VALUES (0) RETURNING id > (SELECT max(id) FROM written)";
    assert.match(await here(next), /^t/);
    assert.match(await here("INSERT INTO people (name) VALUES ('Next') RETURNING id"), /^5/);
    assert.equal(await here("SELECT nextval('tickets')"), "501");
    assert.equal(await here("SELECT sum(count) FROM daily"), "40000");
    assert.equal(await here("SELECT count(*) FROM cache"), "0");
    assert.equal(await links(), "0 1");
    assert.equal(
      await here("SELECT string_agg(datname, ' ') FROM pg_subscription JOIN pg_database ON subdbid = pg_database.oid"),
      "wiki",
    );
    const again = await adopt("cut-over", "--database", "notes", "--yes");
    assert.equal(again.exitCode, 0, again.stderr);
    assert.match(again.stdout, /was here already/);
  });

  it("is given up without a trace, unless writes have moved", async () => {
    const moved = await adopt("stop", "--database", "notes", "--drop-copy", "--yes");
    assert.equal(moved.exitCode, 2);
    assert.match(moved.stderr, /notes was cut over/);
    const { exitCode, stderr } = await adopt("stop", "--database", "wiki", "--drop-copy", "--yes");
    assert.equal(exitCode, 0, stderr);
    assert.equal(await links(), "0 0");
    assert.equal(await here("SELECT count(*) FROM pg_subscription"), "0");
    assert.equal(await here("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", "wiki"), "0");
  });
});
