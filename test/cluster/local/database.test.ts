import assert from "node:assert/strict";
import pg from "pg";
import { chooseDrill, sandboxTarget } from "../../../cli/drill/choose.ts";
import type { Repair } from "../../../cli/drill/drill.ts";
import { drills } from "../../../cli/drill/drills.ts";
import { networkCut } from "../../../cli/drill/faults/networkCut.ts";
import { openClients, type Clients } from "../../../cli/drill/clients.ts";
import { resultOf } from "../../../cli/drill/result.ts";
import { runDrill, type Trial } from "../../../cli/drill/run.ts";
import { startWriters } from "../../../cli/drill/writers.ts";
import { onMember, queryMember, untilComplete, type Target } from "../../../cli/database/target.ts";
import { libpqClient } from "../libpqClient.ts";
import { eventually } from "../eventually.ts";
import { EXTENSIONS } from "../../../stacks/schema/extensions.ts";
import { noneLost } from "../noneLost.ts";
import { compareParameters } from "../parameters.ts";
import { localStack, type LocalStack, needsSandbox } from "../support.ts";

describe("the database of the local stack", function () {
  this.timeout(1_800_000);
  let stack: LocalStack;
  let namespace: string;
  let target: Target;
  let clients: Clients;

  before(async function () {
    needsSandbox(this);
    stack = await localStack();
    namespace = stack.site.namespaces.data.name;
    target = sandboxTarget("local");
    clients = await openClients(target);
  });

  after(() => clients?.close());

  async function query<T extends pg.QueryResultRow>(config: pg.ClientConfig, text: string): Promise<T[]> {
    const client = new pg.Client(config);
    await client.connect();
    try {
      return (await client.query<T>(text)).rows;
    } finally {
      await client.end();
    }
  }

  it("leads writes to the primary and reads to a replica, each with TLS 1.3 to the end", async () => {
    await untilComplete(target);
    const text = "SELECT pg_is_in_recovery() AS replica, version AS tls FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    assert.deepEqual(await query(clients.write.pooler!, text), [{ replica: false, tls: "TLSv1.3" }]);
    assert.deepEqual(await query(clients.read, text), [{ replica: true, tls: "TLSv1.3" }]);
  });

  it("takes drivers' prepared statements through transaction pooling", async () => {
    const client = new pg.Client(clients.write.pooler);
    await client.connect();
    try {
      for (let turn = 1; turn <= 3; turn += 1) {
        const { rows } = await client.query({ name: "add", text: "SELECT $1::int + 1 AS sum", values: [turn] });
        assert.deepEqual(rows, [{ sum: turn + 1 }]);
      }
    } finally {
      await client.end();
    }
  });

  it("is found by clients themselves, which write across a switchover and read from every replica", async () => {
    const { site, namespaces, kubectl } = stack;
    const client = await libpqClient({ app: site.apps[0]!, namespace: namespaces.apps, kubectl });
    try {
      const ask = async (url: string, text: string): Promise<string> =>
        (await client.run(`psql --no-psqlrc --no-align --tuples-only "$${url}" --command "${text}"`)).trim();
      const former = await untilComplete(target);
      const who = "SELECT pg_is_in_recovery(), version FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
      assert.equal(await ask("DATABASE_DIRECT_URL", who), "f|TLSv1.3");
      assert.equal(await ask("DATABASE_DIRECT_READ_URL", who), "t|TLSv1.3");
      assert.equal(await ask("DATABASE_READ_URL", who), "t|TLSv1.3");
      const answering = Array.from({ length: 30 }, () => ask("DATABASE_DIRECT_READ_URL", "SELECT inet_server_addr()"));
      assert.equal(new Set(await Promise.all(answering)).size, target.database.members.length - 1);

      const quiet = "psql --no-psqlrc --quiet --no-align --tuples-only";
      await client.run(`${quiet} "$DATABASE_DIRECT_URL" --command "CREATE TABLE direct (n int PRIMARY KEY)"`);
      // One connection for each row; what fails is sent again, and may be there already.
      const writing = client.run(`
        for ((n = 1; ; n++)); do
          [[ ! -e /tmp/stop ]] || exit 0
          until ${quiet} "$DATABASE_DIRECT_URL" --command "INSERT INTO direct VALUES ($n) ON CONFLICT DO NOTHING" 2>/dev/null; do
            sleep 0.2
          done
          echo "$n"
        done`);
      const rows = async (member: string): Promise<number> =>
        Number(await queryMember(target, member, "SELECT count(*) FROM direct", "notes"));
      await eventually(60, async () => assert.ok((await rows(former)) > 3, "rows were written"));
      const switchover = ["patronictl", "--config-file", "/etc/patroni", "switchover", target.database.name, "--force"];
      await onMember(target, former, ...switchover);
      const primary = await untilComplete(target);
      assert.notEqual(primary, former);
      const before = await rows(primary);
      await eventually(60, async () => assert.ok((await rows(primary)) > before + 3, "more rows were written"));
      await client.run("touch /tmp/stop");
      const acknowledged = (await writing).trim().split("\n");
      assert.equal(await rows(primary), acknowledged.length, "every row that was acknowledged, and no other");
      await eventually(30, async () =>
        assert.equal(await ask("DATABASE_DIRECT_READ_URL", "SELECT count(*) FROM direct"), String(acknowledged.length)),
      );
      await ask("DATABASE_DIRECT_URL", "DROP TABLE direct");
    } finally {
      await client.close();
    }
  });

  it("refuses a wrong password, the superuser, and a connection without TLS", async () => {
    const connect = (over: pg.ClientConfig): pg.ClientConfig => ({ ...clients.write.pooler!, ...over });
    const superuser = await stack.secret(namespace, "pg-account-superuser", "password");
    await assert.rejects(query(connect({ password: "wrong" }), "SELECT 1"), /authentication failed/);
    await assert.rejects(query(connect({ user: "postgres", password: superuser }), "SELECT 1"), /no such user/);
    await assert.rejects(query(connect({ ssl: false }), "SELECT 1"), /SSL required/);
    await assert.rejects(query(connect({ database: "postgres" }), "SELECT 1"), /permission denied/);
  });

  it("has the extensions that config may name, and no others", async () => {
    const member = await untilComplete(target);
    const available = await queryMember(
      target,
      member,
      // Debian offers PostGIS a second time under names with its major version.
      "SELECT name FROM pg_available_extensions WHERE name <> 'plpgsql' AND name !~ '-3$'",
    );
    assert.deepEqual(available.split("\n").toSorted(), [...EXTENSIONS].toSorted());
  });

  it("has the parameters that config may set, and no others", async () => {
    await compareParameters(target);
  });

  it("makes a database's extensions", async () => {
    const member = await untilComplete(target);
    const text = "SELECT string_agg(extname, ' ' ORDER BY extname) FROM pg_extension";
    assert.equal(await queryMember(target, member, text, "notes"), "pg_trgm plpgsql");
  });

  it("keeps checksums, and passwords as SCRAM verifiers", async () => {
    const member = await untilComplete(target);
    assert.equal(await queryMember(target, member, "SHOW data_checksums"), "on");
    const plain =
      "SELECT count(*) FROM pg_authid WHERE rolpassword IS NOT NULL AND rolpassword NOT LIKE 'SCRAM-SHA-256$%'";
    assert.equal(await queryMember(target, member, plain), "0");
  });

  it("writes no password to its logs", async () => {
    const password = await stack.secret(namespace, "pg-role-notes", "password");
    const selector = "app.kubernetes.io/instance=pg";
    const logs = await stack.kubectl.run([
      "logs",
      "--namespace",
      namespace,
      "--selector",
      selector,
      "--all-containers",
      "--tail=-1",
      "--prefix",
    ]);
    assert.ok(logs.includes("pg-converge"), "the Job's log is among them");
    assert.ok(!logs.includes(password));
  });

  it("gives a turn to one member, however many ask for it at the same moment", async () => {
    const members = target.database.members.map(({ name }) => name);
    const everywhere = (command: string): Promise<string[]> =>
      Promise.all(members.map((name) => onMember(target, name, "bash", "-c", `source dcs-api; ${command}`)));
    for (let round = 0; round < 5; round += 1) {
      const taken = await everywhere('if [[ -z $(turn trial) ]] && take_turn trial ""; then echo mine; fi');
      assert.equal(taken.filter((said) => said.trim() === "mine").length, 1, taken.join());
      const [holder] = await everywhere("turn trial | jq --raw-output .member");
      assert.equal(holder!.trim(), members[taken.findIndex((said) => said.trim() === "mine")]);
      await everywhere("give_turn_back trial");
      assert.deepEqual(
        await everywhere("turn trial"),
        members.map(() => ""),
      );
    }
  });

  it("lets no second pod of a member touch its data while the first still runs", async () => {
    const second = await stack.kubectl.run([
      ...["exec", "pg-0-0", "--namespace", namespace, "--container", "patroni", "--", "bash", "-c"],
      "timeout 12 patroni-start || echo ended with $?",
    ]);
    assert.match(second, /waiting for the pod that still has this member's data[^]*ended with 124/);
    await untilComplete(target);
  });

  it("tries to reach the primary again and again while the network is cut", async () => {
    const primary = await untilComplete(target);
    const replica = target.database.members.find(({ name }) => name !== primary)!.name;
    const receiver = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'walreceiver'";
    const seen = new Set([await queryMember(target, replica, receiver)]);
    const heal = (await networkCut.faults["members-cut"]!.inject(target, primary)) as Repair;
    try {
      // The first ends when it has heard nothing for long enough, and the kernel would let the second wait for minutes.
      await eventually(120, async () => {
        seen.add(await queryMember(target, replica, receiver));
        assert.ok(seen.size >= 5, [...seen].join());
      });
    } finally {
      await heal();
    }
    await untilComplete(target);
  });

  it("is watched by writers that count what is lost, and of what nobody can say", async () => {
    const primary = await untilComplete(target);
    const ask = (text: string) => queryMember(target, primary, text, "notes");
    const writers = await startWriters({ connection: clients.write.pooler!, count: 1 });
    const [table] = (await ask("SELECT max(tablename) FROM pg_tables WHERE tablename LIKE 'numbered%'")).split("\n");
    const rows = async () => Number(await ask(`SELECT count(*) FROM ${table}`));
    await eventually(20, async () => assert.ok((await rows()) > 10, "rows are written"));
    await ask(`DELETE FROM ${table} WHERE number <= 2`);
    // A commit whose wait for replicas is cancelled says so by a warning.
    const warns = "RAISE WARNING 'canceling wait for synchronous replication due to user request'; RETURN NULL";
    await ask(`
      CREATE FUNCTION pretend() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN ${warns.replaceAll("'", "''")}; END';
      CREATE TRIGGER pretend AFTER INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION pretend()`);
    const before = await rows();
    await eventually(20, async () => assert.ok((await rows()) > before, "a row is written whose wait was cancelled"));
    await ask("DROP FUNCTION pretend CASCADE");
    const after = await rows();
    // One is ended while it waits for a lock.
    await ask(`
      BEGIN; LOCK TABLE ${table}; SELECT pg_sleep(2);
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%${table}%';
      COMMIT`);
    await eventually(20, async () => assert.ok((await rows()) > after, "rows are written again"));
    const { acknowledged, lost, unknown, errors } = await writers.stop();
    assert.equal(lost, 2);
    const cancelled = Object.entries(errors).filter(([message]) => message.startsWith("canceling wait"));
    assert.equal(cancelled.length, 1, JSON.stringify(errors));
    assert.equal(unknown, cancelled[0]![1] + 1, JSON.stringify(errors));
    assert.ok(acknowledged > 10, `${acknowledged} acknowledged`);
  });

  for (const name of Object.keys(drills["primary-kill"]!.faults)) {
    it(`keeps every acknowledged row and takes writes again: ${name}`, async () => {
      const drill = chooseDrill("primary-kill", name, target);
      const stop = new AbortController().signal;
      const trials: Trial[] = [];
      for await (const trial of runDrill({ target, drill, times: 1, stop, report: () => undefined }))
        trials.push(trial);
      const { rto_max_s, acknowledged_writes, lost_acknowledged_writes, by } = resultOf("primary-kill", trials);
      console.log(`      writers stood still for ${rto_max_s} s, ${acknowledged_writes} rows acknowledged`);
      assert.deepEqual(Object.keys(by).toSorted(), [`${name}/edge`, `${name}/pooler`]);
      noneLost(name, lost_acknowledged_writes);
      assert.ok(acknowledged_writes > 100, "writers wrote before and after");
      assert.ok(rto_max_s < 20, "they went on before Patroni's lock could run out");
    });
  }
});
