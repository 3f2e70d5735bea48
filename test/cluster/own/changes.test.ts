import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { stringify } from "yaml";
import { openClients } from "../../../cli/drill/clients.ts";
import { sandboxTarget } from "../../../cli/drill/choose.ts";
import type { WriteReport } from "../../../cli/drill/writers.ts";
import { onMember, queryMember, untilComplete, type Target } from "../../../cli/database/target.ts";
import { ACCOUNTS } from "../../../components/database/accounts.ts";
import { secretValue } from "../../../cli/site/secrets.ts";
import { projectRoot } from "../../../cli/projectRoot.ts";
import { ONE_NODE } from "../../../sandbox/oneNode.ts";
import { down } from "../../../sandbox/sandbox.ts";
import { eventually } from "../eventually.ts";
import { growVolumes } from "../growVolumes.ts";
import { lagBehind } from "../lagBehind.ts";
import { leaveBehind, slotOf } from "../leaveBehind.ts";
import { loseTwo } from "../loseTwo.ts";
import { renewServed } from "../renewServed.ts";
import { restartedLast } from "../restartedLast.ts";
import { splitsReads } from "../splitsReads.ts";
import { archipel, prepare } from "../support.ts";
import { underLoad, whileNewcomersCome } from "../underLoad.ts";

/** A stack that the test makes, changes and takes away, in a sandbox of its own. */
const STACK = "changetest";
const FILE = join(projectRoot, `Pulumi.${STACK}.yaml`);

/** The writers' connections are in a pool of a size of its own. */
const pooler = { poolSizes: { notes: 11 } };

let database: object = {
  ...{ pooler, storage: "2Gi" },
  databases: [{ name: "notes", extensions: ["postgis", "pg_sphere"] }, { name: "wiki" }],
  roles: [{ name: "reader" }],
  backup: "none",
};

describe("a database that is changed while clients write", function () {
  this.timeout(1_800_000);
  let target: Target;

  /** Runs `up` with this database, and other keys of config. */
  function up(of: object, others: object = {}, options: { reject?: boolean } = {}): ReturnType<typeof archipel> {
    const config = {
      "archipel:sites": [ONE_NODE],
      "archipel:database": of,
      "archipel:monitoring": { kind: "prometheus", storage: "1Gi" },
      ...others,
    };
    writeFileSync(FILE, stringify({ config }));
    return archipel(["up", STACK, "--yes"], options);
  }

  /** Changes config, and brings the database to what it says. */
  async function change(values: object): Promise<void> {
    database = { ...database, ...values };
    await up(database);
    target = sandboxTarget(STACK);
    await untilComplete(target);
  }

  /** The same, while clients write through the pooler. */
  const changeUnderLoad = (values: object): Promise<WriteReport> => underLoad(target, () => change(values));

  const everywhere = (text: string): Promise<string[]> =>
    Promise.all(target.database.members.map(({ name }) => queryMember(target, name, text)));

  prepare(async () => {
    await change({});
  });

  after(async () => {
    await down();
    rmSync(FILE, { force: true });
  });

  it("knows places on earth and in the sky", async () => {
    const primary = await untilComplete(target);
    const ask = (text: string): Promise<string> => queryMember(target, primary, text, "notes");
    // 0.04 degrees of longitude at 45.19 degrees north, on an ellipsoid: 3143 m.
    const metres = await ask("SELECT ST_Distance('POINT(5.72 45.19)'::geography, 'POINT(5.76 45.19)'::geography)");
    assert.ok(Math.abs(Number(metres) - 3143) < 2, metres);
    assert.equal(await ask("SELECT round(degrees(spoint '(0d, 0d)' <-> spoint '(10d, 0d)')::numeric, 6)"), "10.000000");
  });

  it("keeps databases, roles and extensions that config no longer says, and reports them", async () => {
    const primary = await untilComplete(target);
    await queryMember(target, primary, "CREATE TABLE page AS SELECT 1 AS n", "wiki");
    await change({ databases: [{ name: "notes", extensions: ["pg_sphere"] }], roles: [] });
    const jobs = ["--selector", "app.kubernetes.io/name=converge", "--tail=-1", "--namespace", target.namespace];
    const log = await target.kubectl.run(["logs", ...jobs]);
    assert.match(log, /^pg-converge: kept: databases that config does not declare: wiki$/m);
    assert.match(log, /^pg-converge: kept: roles that config does not declare: reader, wiki$/m);
    assert.match(log, /^pg-converge: kept: extensions of database notes that config does not declare: postgis$/m);
    const ask = (text: string, database: string): Promise<string> => queryMember(target, primary, text, database);
    assert.equal(await ask("SELECT n FROM page", "wiki"), "1");
    const logins = "SELECT string_agg(rolname, ' ' ORDER BY rolname) FROM pg_roles WHERE rolname IN ('reader', 'wiki')";
    assert.equal(await ask(`${logins} AND rolcanlogin`, "wiki"), "reader wiki");
    assert.equal(await ask("SELECT count(*) FROM pg_extension WHERE extname = 'postgis'", "notes"), "1");
  });

  it("takes over renewed certificates without turning anybody away", async () => {
    const started = await everywhere("SELECT pg_postmaster_start_time()");
    const renew = (): Promise<void> => whileNewcomersCome(target, () => renewServed(target));
    const seen = await underLoad(target, renew);
    assert.deepEqual(seen.errors, {});
    assert.deepEqual(await everywhere("SELECT pg_postmaster_start_time()"), started, "no member was restarted");
  });

  it("has a pool of its own size for a database", async () => {
    const psql = "psql --no-align --host /run/pgbouncer --username pgbouncer --command 'SHOW DATABASES' pgbouncer";
    const exec = ["exec", `deployment/${target.database.pooler.service}`, "--namespace", target.namespace];
    const said = await target.kubectl.run([...exec, "--container", "pgbouncer", "--", "sh", "-c", psql]);
    const rows = said.split("\n").map((line) => line.split("|"));
    const size = rows.find(([name]) => name === "notes")?.[rows[0]!.indexOf("pool_size")];
    assert.equal(size, String(pooler.poolSizes.notes));
  });

  it("sends no reads to replicas that are further behind than config says", async () => {
    await change({ pooler: { ...pooler, readLag: "1Mi" } });
    await lagBehind(target);
    database = { ...database, pooler };
  });

  it("takes parameters over, with a restart of one member after the other where they need one", async () => {
    const before = await untilComplete(target);
    await changeUnderLoad({ parameters: { work_mem: "7MB", max_locks_per_transaction: 96 }, patroni: { ttl: 25 } });
    await restartedLast(target, before);
    assert.deepEqual(await everywhere("SHOW work_mem"), ["7MB", "7MB", "7MB"]);
    assert.deepEqual(await everywhere("SHOW max_locks_per_transaction"), ["96", "96", "96"]);
    const inForce = await onMember(target, before, "patronictl", "--config-file", "/etc/patroni", "show-config");
    assert.match(inForce, /^ttl: 25$/m);
    database = { ...database, patroni: {} };
  });

  it("gets more memory, with one new pod after the other", async () => {
    const before = await untilComplete(target);
    const { longestPause } = await changeUnderLoad({ resources: { memoryLimit: "1536Mi" } });
    await restartedLast(target, before);
    assert.deepEqual(await everywhere("SHOW shared_buffers"), ["384MB", "384MB", "384MB"]);
    assert.ok(longestPause < 30);
  });

  it("gets larger volumes from a StorageClass that grows them, and restarts nothing", async () => {
    const { exitCode, stderr } = await up({ ...database, storage: "3Gi" }, {}, { reject: false });
    assert.equal(exitCode, 2);
    assert.match(stderr, /database\.storage\s+found: 3Gi\s+allowed: 2Gi: the StorageClass sandbox-local does not let/);
    const started = await everywhere("SELECT pg_postmaster_start_time()");
    const seen = await underLoad(target, () => growVolumes(target, STACK, () => change({ storage: "3Gi" })));
    assert.deepEqual(seen.errors, {});
    assert.deepEqual(await everywhere("SELECT pg_postmaster_start_time()"), started, "no member was restarted");
    assert.deepEqual(new Set(await everywhere("SHOW max_slot_wal_keep_size")), new Set(["614MB"]), "it follows");
  });

  it("gives a role another password without turning anybody away", async () => {
    const before = await openClients(target);
    const roles = (generation: number) => ({ roles: [{ name: "notes", generation }] });
    const whoAmI = async (connection: pg.ClientConfig): Promise<{ session_user: string; current_user: string }> => {
      const client = new pg.Client(connection);
      try {
        await client.connect();
        return (await client.query("SELECT session_user, current_user")).rows[0] as never;
      } finally {
        await client.end();
      }
    };
    try {
      const seen = await changeUnderLoad(roles(2));
      assert.deepEqual(seen.errors, {});
      const now = await openClients(target);
      try {
        assert.deepEqual(await whoAmI(now.write.pooler!), { session_user: "notes_g2", current_user: "notes" });
        assert.deepEqual(await whoAmI(before.write.pooler!), { session_user: "notes", current_user: "notes" });
        const again = await changeUnderLoad(roles(3));
        assert.deepEqual(again.errors, {});
        assert.deepEqual(await whoAmI(now.write.pooler!), { session_user: "notes_g2", current_user: "notes" });
        await assert.rejects(whoAmI(before.write.pooler!), /no such user|authentication failed|not permitted/);
      } finally {
        await now.close();
      }
    } finally {
      await before.close();
    }
  });

  it("gives the platform's own accounts other passwords without turning anybody away", async () => {
    const { kubectl, namespace } = target;
    const primary = await untilComplete(target);
    const lines = async (text: string): Promise<string[]> => (await queryMember(target, primary, text)).split("\n");
    const passwords = (): Promise<string[]> =>
      Promise.all(Object.keys(ACCOUNTS).map((one) => secretValue(kubectl, namespace, `pg-account-${one}`, "password")));
    const startedAt = (): Promise<string[]> => everywhere("SELECT pg_postmaster_start_time()");
    const loginsOf = (): Promise<string[]> =>
      lines(
        "SELECT rolname FROM pg_roles WHERE rolcanlogin AND rolname ~ '^(replicator|rewind|pgbouncer|monitor)' ORDER BY 1",
      );
    const everyLogin = (...suffixes: string[]): string[] =>
      ["monitor", "pgbouncer", "replicator", "rewind"].flatMap((role) => suffixes.map((one) => `${role}${one}`));
    const poolersAccounts = async (): Promise<string[]> => {
      const selector = ["--selector", "app.kubernetes.io/name=pgbouncer", "--namespace", namespace];
      const pods = await kubectl.list(["pods", ...selector]);
      return Promise.all(
        pods.flatMap(({ metadata: { name } }) =>
          ["pgbouncer", "pgbouncer-read"].map((container) =>
            kubectl.run([
              ...["exec", name, "--namespace", namespace, "--container", container],
              ...["--", "tail", "-n", "1", "/run/pgbouncer/databases.ini"],
            ]),
          ),
        ),
      );
    };
    const [before, started] = [await passwords(), await startedAt()];
    const { parameters = {} } = database as { parameters?: object };
    const changed = async (): Promise<void> => {
      // Settings change too, by the password of Patroni's REST API that has just begun or the one before.
      await change({ generation: 2, parameters: { ...parameters, work_mem: "8MB" } });
      assert.deepEqual(await loginsOf(), everyLogin("", "_g2"));
      // kubelet brings a Secret to its pods within two minutes, and whoever reads it there looks every 10 s.
      await eventually(180, async () => {
        assert.deepEqual(await lines("SELECT DISTINCT usename FROM pg_stat_replication"), ["replicator_g2"]);
        for (const one of await poolersAccounts()) assert.match(one, / auth_user=pgbouncer_g2$/);
        assert.deepEqual(await lines("SELECT usename FROM pg_stat_activity WHERE application_name = 'metrics'"), [
          "monitor_g2",
        ]);
      });
      // Those who change the settings have the present password; now it is the members' too.
      await change({ parameters: { ...parameters, work_mem: "9MB" } });
    };
    const seen = await underLoad(target, () => whileNewcomersCome(target, changed));
    assert.deepEqual(seen.errors, {});
    assert.deepEqual(await startedAt(), started, "no member was restarted");
    assert.deepEqual(await everywhere("SHOW work_mem"), ["9MB", "9MB", "9MB"]);
    for (const [index, password] of (await passwords()).entries()) assert.notEqual(password, before[index]);
    await change({ generation: 3 });
    assert.deepEqual(await loginsOf(), everyLogin("_g2", "_g3"));
  });

  it("leaves out no generation of passwords, and does not go back to one", async () => {
    const wrong = { ...database, generation: 1, roles: [{ name: "notes", generation: 5 }] };
    const { exitCode, stderr } = await up(wrong, { "archipel:dcs": { generation: 3 } }, { reject: false });
    assert.equal(exitCode, 2);
    for (const [key, found, allowed] of [
      ["dcs", 3, "1, which is in force, or 2"],
      ["database", 1, "3, which is in force, or 4"],
      ["database.roles[0]", 5, "3, which is in force, or 4"],
    ]) {
      const said = stderr.replaceAll(/ *\n */g, " ");
      assert.ok(said.includes(`${key}.generation found: ${found} allowed: ${allowed}: `), stderr);
    }
  });

  it("makes a member anew by itself that was away for longer than WAL is kept for it", async () => {
    const { away, primary } = await leaveBehind(target);
    // Beside the one that runs there always, one that has less patience.
    const hasty = onMember(target, away, "env", "HEAL_SECONDS=15", "timeout", "60", "patroni-heal").catch(String);
    await untilComplete(target);
    await hasty;
    assert.equal(await queryMember(target, primary, slotOf(away)), "reserved");
    const turn = "source dcs-api; turn healing";
    await eventually(60, async () => assert.equal((await onMember(target, away, "bash", "-c", turn)).trim(), ""));
  });

  it("takes pgpool-II as its pooler, which sends reads to replicas and follows the primary", async () => {
    await changeUnderLoad({ pooler: { ...pooler, kind: "pgpool" } });
    try {
      await splitsReads(target);
      const switchover = ["patronictl", "--config-file", "/etc/patroni", "switchover", target.database.name, "--force"];
      await underLoad(target, () => onMember(target, "pg-0", ...switchover).then(() => untilComplete(target)));
    } finally {
      database = { ...database, pooler };
    }
  });

  it("grows to five members, of which two may be lost, shrinks to one, and grows to three", async () => {
    const patronictl = (...command: string[]) =>
      onMember(target, "pg-0", "patronictl", "--config-file", "/etc/patroni", ...command, "--force");
    const scope = target.database.name;
    await queryMember(target, await untilComplete(target), "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n");
    const startOfTheOne = () => queryMember(target, "pg-0", "SELECT pg_postmaster_start_time()");
    let alone = "";
    for (const members of [5, 1, 3]) {
      if (members === 1) {
        // The primary is one of those that leave, and an earlier try got as far as telling the replicas not to confirm.
        if ((await untilComplete(target)) === "pg-0") await patronictl("switchover", scope, "--candidate", "pg-1");
        await untilComplete(target);
        await patronictl("edit-config", scope, "--set", "synchronous_mode=off");
      }
      await changeUnderLoad({ members });
      if (members === 5) await loseTwo(STACK);
      if (members === 1) alone = await startOfTheOne();
      if (members === 3) assert.equal(await startOfTheOne(), alone, "who was alone goes on when others join");
      assert.equal((await everywhere("SELECT count(*) FROM kept")).join(), Array(members).fill("1000").join());
      const text = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'quorum'";
      assert.equal(await queryMember(target, await untilComplete(target), text), String(members - 1));
    }
  });
});
