import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { sandboxTarget } from "../../../cli/drill/choose.ts";
import { onMember, queryMember, untilComplete, type Target } from "../../../cli/database/target.ts";
import type { Kit } from "../../../cli/escrow/kit.ts";
import { kubectl } from "../../../cli/kubectl.ts";
import { projectRoot } from "../../../cli/projectRoot.ts";
import { archiveEverything } from "../../../cli/restore/archive.ts";
import { cronJobSpec, runJob } from "../../../cli/site/jobs.ts";
import { checkRoomForTwo } from "../../../cli/upgrade/checks.ts";
import { PATHS } from "../../../components/database/layout.ts";
import { ONE_NODE } from "../../../sandbox/oneNode.ts";
import { down, kubeconfig } from "../../../sandbox/sandbox.ts";
import { tool } from "../../../sandbox/toolchain/build.ts";
import { changeBackupKey } from "../backupKey.ts";
import { beganAnew, cutOff } from "../cutOff.ts";
import { stateOf } from "../databaseState.ts";
import { eventually } from "../eventually.ts";
import { OutsideStore, STORE } from "../outsideStore.ts";
import { selfSigned } from "../selfSigned.ts";
import { archipel, furnishedSandbox, prepare } from "../support.ts";

/** A stack that the test makes and takes away, in a sandbox of its own. */
const STACK = "rebuildtest";
const FILE = join(projectRoot, `Pulumi.${STACK}.yaml`);

/** WAL segments that wait for a repository, and those that are written while one is away. */
const QUEUED_SEGMENTS = 4;
const SEGMENTS = 10;

const COUNT = "SELECT count(*) FROM written";

/** A database with backups on its site and at another place; little WAL waits for either. */
const config = {
  "archipel:sites": [ONE_NODE],
  "archipel:objects": { servers: 1, drivesPerServer: 1, driveSize: "2Gi" },
  "archipel:database": {
    // Others begin with 17.
    version: 18,
    storage: "2Gi",
    databases: [{ name: "notes" }],
    backup: {
      queue: `${QUEUED_SEGMENTS * 16}Mi`,
      offsite: {
        endpoint: STORE.endpoint,
        bucket: STORE.bucket,
        caFrom: "offsiteCa",
        accessKeyIdFrom: "offsiteId",
        secretAccessKeyFrom: "offsiteKey",
      },
    },
  },
};

describe("a rebuild", function () {
  this.timeout(1_800_000);
  const folder = mkdtempSync(join(tmpdir(), "archipel-kit-"));
  const store = new OutsideStore();
  const key = join(folder, "key.txt");
  const kitFile = join(folder, "kit.age");
  let kit: Kit;
  let target: Target;
  let primary: string;
  const repository = (name: string) => target.database.backup!.repositories.find((one) => one.name === name)!;

  const run = (...args: string[]) => archipel(args);
  const writeStack = (values: object): void => writeFileSync(FILE, stringify({ config: values }), { mode: 0o600 });

  /** Writes the stack as it is, but for this of its repositories and of what config refers to. */
  function write(backup: { offsite?: object; site?: object } = {}, secrets: Record<string, string> = {}): void {
    const keys = { offsiteId: STORE.accessKeyId, offsiteKey: STORE.secretAccessKey, offsiteCa: store.ca, ...secrets };
    const changed = structuredClone(config);
    const { offsite, ...rest } = backup;
    Object.assign(changed["archipel:database"].backup, rest);
    Object.assign(changed["archipel:database"].backup.offsite, offsite);
    writeStack({
      ...changed,
      ...Object.fromEntries(Object.entries(keys).map(([name, value]) => [`archipel:${name}`, value])),
    });
  }

  /** Expects that `up` is refused because of a key of the repository's config, and gives what it said of it. */
  async function refusedBecauseOf(key: string): Promise<string> {
    const { exitCode, stderr } = await archipel(["up", STACK, "--yes"], { reject: false });
    assert.equal(exitCode, 2, stderr);
    assert.match(stderr, /these Jobs failed for good; nothing else was touched:\n {2}Job .*\/pg-backup-check-/);
    const [, said] = new RegExp(`said: archipel:database\\.backup\\.offsite\\.${key}: (.*)`).exec(stderr) ?? [];
    assert.ok(said, stderr);
    assert.ok(!stderr.includes(STORE.secretAccessKey), "no secret is said");
    return said;
  }

  prepare(async () => {
    await furnishedSandbox();
    await store.prepare();
    await store.start();
    write();
  });

  after(async () => {
    await store.remove();
    await down();
    rmSync(FILE, { force: true });
    rmSync(folder, { recursive: true });
  });

  /** What the script `pg-archive-gaps` says of each repository. */
  const gaps = async (): Promise<string[]> => (await onMember(target, primary, "pg-archive-gaps")).trim().split("\n");

  /** Writes more WAL than waits for a repository, with rows of this kind. */
  async function writeMuch(kind: string): Promise<void> {
    for (let n = 1; n <= SEGMENTS; n++) {
      await queryMember(target, primary, `INSERT INTO written VALUES ('${kind}', ${n})`);
      await queryMember(target, primary, "SELECT pg_switch_wal()");
    }
  }

  /** What the stack's status has to say of the database. */
  async function troubles(): Promise<string> {
    const { stdout } = await archipel(["status", STACK, "--json"], { reject: false });
    return (JSON.parse(stdout) as { sites: { database: string[] }[] }).sites[0]!.database.join("\n");
  }

  it("makes nothing of a database where the key of the other place is wrong", async () => {
    write({}, { offsiteKey: "another secret" });
    assert.match(await refusedBecauseOf("secretAccessKeyFrom"), /archipel:offsiteKey does not belong to .*offsiteId/);
    const cluster = kubectl(tool("kubectl"), kubeconfig("site1"));
    const kinds = "statefulsets,deployments,services,persistentvolumeclaims";
    const made = await cluster.list([kinds, "--namespace", `${STACK}-site1-data`]);
    assert.deepEqual(made, []);
    write();
  });

  it("starts from a stack that is backed up on its site and at another place, and was cut off when it began", async () => {
    target = sandboxTarget(STACK);
    const [member] = await Promise.all([cutOff(target, "initdb"), run("up", STACK, "--yes")]);
    primary = await untilComplete(target);
    await beganAnew(target, member);
    await queryMember(target, primary, "CREATE TABLE written (kind text, n int)");
    assert.deepEqual(await gaps(), ["1 0 -", "2 0 -"]);
    assert.equal(await troubles(), "");
  });

  it("is left as it is where config of the other place becomes wrong, and goes on once it is right again", async () => {
    const before = await stateOf(target);
    assert.ok(before.pods.length > 0 && before.read.length > 5, JSON.stringify(before));
    await selfSigned({ folder, key: "a.key", certificate: "a.crt", name: "a", alternatives: "DNS:a" });
    write({}, { offsiteCa: readFileSync(join(folder, "a.crt"), "utf8") });
    assert.match(await refusedBecauseOf("caFrom"), /archipel:offsiteCa does not vouch for/);
    write({ offsite: { bucket: "ofsite" } });
    assert.match(await refusedBecauseOf("bucket"), /has no bucket "ofsite" \(NoSuchBucket, HTTP 404\)/);
    write({ offsite: { endpoint: STORE.endpoint.replace(/[0-9]+$/, "9") } });
    assert.match(await refusedBecauseOf("endpoint"), /cannot be reached from the site \(ECONNREFUSED\)/);
    assert.deepEqual(await stateOf(target), before);
    write();
    await run("up", STACK, "--yes");
    assert.deepEqual((await stateOf(target)).pods, before.pods);
  });

  it("changes the key of the site's repository, and no segment of WAL has to be sent again", async () => {
    const failed = (): Promise<string> => queryMember(target, primary, "SELECT failed_count FROM pg_stat_archiver");
    const before = await failed();
    await changeBackupKey(target, async (generation) => {
      write({ site: { generation } });
      await run("up", STACK, "--yes");
    });
    assert.equal(await failed(), before);
    assert.deepEqual(await gaps(), ["1 0 -", "2 0 -"]);
  });

  for (const [how, stop, start] of [
    ["swallows everything", () => store.pause(), () => store.resume()],
    ["refuses connections", () => store.stop(), () => store.start()],
  ] as const) {
    it(`has all WAL in the site's repository while the other place ${how}, and writes go on`, async () => {
      await stop();
      await writeMuch(how);
      await archiveEverything(target, repository("site"));
      // What waits for the other place is bounded: the oldest is dropped for it.
      const waiting = "SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'";
      await eventually(90, async () => {
        const count = Number(await queryMember(target, primary, waiting));
        // With a message: without one Node.js 20 looks for the expression in the file, for minutes where it is of TypeScript.
        assert.ok(count <= QUEUED_SEGMENTS + 1, `${count} segments wait`);
      });
      assert.deepEqual(await gaps(), ["1 0 -", "2 unreadable"]);
      assert.match(await troubles(), /a repository takes no WAL.*\nrepository offsite cannot be read/);
      await start();
      await eventually(300, async () => assert.equal(await queryMember(target, primary, waiting), "0"));
    });
  }

  it("says that the other place has a gap, which its next backup ends", async () => {
    assert.match((await gaps()).join(), /^1 0 -,2 [1-9][0-9]* /);
    assert.match(await troubles(), /^repository offsite lacks [0-9]+ WAL segments since its newest backup/);
    const job = `${target.database.name}-backup-diff`;
    const { succeeded, log } = await runJob(target, `${job}-test`, await cronJobSpec(target, job), 300);
    assert.ok(succeeded, log);
    assert.deepEqual(await gaps(), ["1 0 -", "2 0 -"]);
    assert.equal(await troubles(), "");
  });

  it("gets everything back from the site's repository", async () => {
    const job = ["job/pg-restored-look", "--namespace", target.namespace];
    await run("restore", STACK, "--latest", "--into", "look", "--repository", "site");
    const query = ["psql", "--no-align", "--tuples-only", "--command", COUNT];
    assert.equal((await target.kubectl.run(["exec", ...job, "--", ...query])).trim(), String(2 * SEGMENTS));
    await target.kubectl.run(["delete", ...job]);
  });

  it("is refused where it cannot be what is wanted, before anything is written", async () => {
    // A file system in memory of 16 MiB.
    const restore = async (version: string, at: string): Promise<string> => {
      const script = `mkdir /run/small; HOPELESS=/run/hopeless PGDATA=/run/small/${version}/data pg-restore 2 ${at}
        echo "ended with $?, and said at last: $(< /run/hopeless)"; ls -A /run/small; rm -r /run/small /run/hopeless`;
      return onMember(target, primary, "bash", "-c", `exec 2>&1; ${script}`);
    };
    for (const [version, at, reason] of [
      ["18", "latest", "the backup is [0-9]+ MiB, and [0-9]+ MiB of the volume are free"],
      ["17", "latest", "the backup is of PostgreSQL 18, and archipel:database.version is 17"],
      ["18", "2026-01-01T00:00:00Z", "the first backup of repository 2 ended at 20"],
    ] as const) {
      const refused = new RegExp(
        `ended with 1, and said at last: pg-restore: ERROR: ${reason}.*; nothing was written$`,
      );
      assert.match(await restore(version, at), refused);
    }
  });

  it("of both versions is refused by an upgrade where a volume has no room for two", async () => {
    await checkRoomForTwo(target);
    const ballast = `${PATHS.home}/ballast`;
    // Room for the WAL of the test, and not for the data.
    const free = `$(($(df --output=avail --block-size=1 ${PATHS.home} | tail --lines=1) - 32 * 2 ** 20))`;
    await onMember(target, primary, "bash", "-c", `fallocate --length "${free}" ${ballast}`);
    try {
      await assert.rejects(
        checkRoomForTwo(target),
        new RegExp(`${primary}: its data takes [0-9]+ MiB, [0-9]+ MiB are free`),
      );
    } finally {
      await onMember(target, primary, "rm", ballast);
    }
  });

  it("has a kit that is sealed", async () => {
    await archiveEverything(target, repository("offsite"));
    const { stdout: recipient } = await run("escrow", "key", key);
    await run("escrow", "seal", STACK, "--recipient", recipient, "--out", kitFile);
  });

  it("restores nothing from the other place while that is away, and says so", async () => {
    await store.stop();
    const restore = ["restore", STACK, "--latest", "--into", "look", "--repository", "offsite"];
    const { exitCode, stderr } = await archipel(restore, { reject: false });
    assert.equal(exitCode, 2);
    assert.match(stderr, /repository offsite cannot be read: nothing was changed/);
  });

  it("has nothing left but the kit, its key and the other place", async () => {
    await run("down", STACK, "--yes");
    rmSync(FILE);
    const { stdout } = await run("escrow", "open", kitFile, "--identity", key);
    kit = JSON.parse(stdout) as Kit;
    assert.equal(kit.stack, STACK);
    assert.deepEqual(Object.keys(kit.secrets).toSorted(), ["offsiteCa", "offsiteId", "offsiteKey"]);
  });

  it("begins from the newest backup, also where it is cut off, has every row, and goes on backing up", async () => {
    const database = structuredClone(kit.config["archipel:database"]) as (typeof config)["archipel:database"];
    const secrets = Object.entries({ ...kit.secrets, offsitePassphrase: kit.passphrases["site1"]!["offsite"]! });
    const beginFrom = (bootstrap: object): void =>
      writeStack({
        ...kit.config,
        "archipel:database": {
          ...database,
          bootstrap: { repository: "offsite", ...bootstrap },
          backup: { ...database.backup, offsite: { ...database.backup.offsite, passphraseFrom: "offsitePassphrase" } },
        },
        ...(Object.fromEntries(secrets.map(([name, value]) => [`archipel:${name}`, value])) as object),
      });
    await furnishedSandbox();
    await store.start();
    beginFrom({ at: "2026-01-01T00:00:00Z" });
    const { exitCode, stderr } = await archipel(["up", STACK, "--yes"], { reject: false });
    assert.equal(exitCode, 2, stderr);
    assert.match(stderr, /cannot start.*patroni said: pg-restore: ERROR: the first backup of repository 2 ended/s);
    beginFrom({});
    const [member] = await Promise.all([cutOff(target, "pgbackrest"), run("up", STACK, "--yes")]);
    primary = await untilComplete(target);
    await beganAnew(target, member);
    assert.equal(await queryMember(target, primary, COUNT), String(2 * SEGMENTS));
    await queryMember(target, primary, "INSERT INTO written VALUES ('after', 1)");
    await archiveEverything(target, repository("offsite"));
  });
});
