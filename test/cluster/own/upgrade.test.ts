import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DeleteObjectCommand, ListObjectVersionsCommand } from "@aws-sdk/client-s3";
import { stringify } from "yaml";
import { sandboxTarget } from "../../../cli/drill/choose.ts";
import { onMember, queryMember, untilComplete, type Target } from "../../../cli/database/target.ts";
import { openStoreClient } from "../../../cli/objects/storeClient.ts";
import { storeTarget } from "../../../cli/objects/target.ts";
import { projectRoot } from "../../../cli/projectRoot.ts";
import { planOf } from "../../../cli/render/plan.ts";
import { cronJobSpec, runJob } from "../../../cli/site/jobs.ts";
import { secretValue } from "../../../cli/site/secrets.ts";
import { ONE_NODE } from "../../../sandbox/oneNode.ts";
import { down } from "../../../sandbox/sandbox.ts";
import { compareParameters } from "../parameters.ts";
import { archipel, changesOf, prepare } from "../support.ts";
import { underLoad } from "../underLoad.ts";

/** A stack that the test makes, upgrades and takes away, in a sandbox of its own. */
const STACK = "upgradetest";
const FILE = join(projectRoot, `Pulumi.${STACK}.yaml`);

/** Indexes whose order the C library and ICU decide: both are others in the image of the next version. */
const SORTED = `
  CREATE TABLE words AS SELECT md5(n::text) || chr(65 + n % 800) AS word FROM generate_series(1, 3000) AS n;
  CREATE INDEX words_libc ON words (word COLLATE "en_US.utf8");
  CREATE INDEX words_icu ON words (lower(word COLLATE "fr-x-icu"));
  CREATE COLLATION own (provider = icu, locale = 'de');
  CREATE INDEX words_own ON words (word COLLATE own);
  CREATE INDEX words_plain ON words (word)`;

describe("an upgrade to the next major version of PostgreSQL", function () {
  this.timeout(1_800_000);
  let target: Target;

  /** Writes the stack's config. */
  function configure(version: 17 | 18): void {
    const config = {
      "archipel:sites": [ONE_NODE],
      "archipel:database": {
        version,
        storage: "2Gi",
        databases: [{ name: "notes", extensions: ["postgis", "pg_sphere", "q3c"] }],
        backup: { site: { objectLock: { mode: "governance", days: 1 } }, offsite: "none" },
        pooler: { replicas: 1 },
      },
      "archipel:objects": { servers: 1, drivesPerServer: 1, driveSize: "2Gi" },
    };
    writeFileSync(FILE, stringify({ config }));
  }

  const run = (...args: string[]) => archipel(args, { reject: false });
  const upgrade = () => run("upgrade", STACK, "--yes");
  const inNotes = async (text: string): Promise<string> =>
    queryMember(target, await untilComplete(target), text, "notes");
  const versions = (): Promise<string[]> =>
    Promise.all(
      target.database.members.map(async ({ name }) =>
        (await queryMember(target, name, "SHOW server_version_num")).slice(0, 2),
      ),
    );

  /** Kills an upgrade, as if its machine had failed, once a member's data is under way. */
  async function upgradeAndKill(): Promise<void> {
    const killed = upgrade();
    const job = ["job", `${target.database.name}-upgrade-run`, "--namespace", target.namespace];
    let ended = false;
    void killed.then(() => (ended = true));
    for (; (await target.kubectl.list(job)).length === 0; await sleep(200)) {
      assert.ok(!ended, "it ended before it got there");
    }
    killed.kill("SIGKILL");
    assert.equal((await killed).signal, "SIGKILL");
  }

  prepare(async () => {
    configure(17);
    await archipel(["up", STACK, "--yes"]);
    configure(18);
    target = sandboxTarget(STACK);
    await inNotes(SORTED);
  });

  after(async () => {
    await down();
    rmSync(FILE, { force: true });
  });

  it("is not made by `up`, which says what makes it", async () => {
    const { exitCode, stderr } = await run("up", STACK, "--yes");
    assert.equal(exitCode, 2);
    assert.match(stderr, /database\.version[^]*archipel upgrade/);
    assert.deepEqual(await versions(), ["17", "17", "17"]);
  });

  it("is asked for in words, and fails on a copy where the next version takes something no more", async () => {
    assert.match((await run("upgrade", STACK)).stderr, /no way back that keeps what they wrote[^]*--yes/);
    await inNotes("CREATE TABLE refused (f regproc)");
    const { exitCode, stderr } = await upgrade();
    assert.equal(exitCode, 2, stderr);
    assert.match(stderr, /on a copy of the data: nothing was changed[^]*reg\*/);
    assert.deepEqual(await versions(), ["17", "17", "17"]);
    await inNotes("DROP TABLE refused");
  });

  it("that cannot be made is taken back, also after it was interrupted, and no row is lost", async () => {
    const primary = await untilComplete(target);
    // Where the new version's folder should be: only the volume itself can say that it is in the way.
    await onMember(target, primary, "touch", "/var/lib/postgresql/18");
    await underLoad(target, async () => {
      await upgradeAndKill();
      assert.match((await run("up", STACK, "--yes")).stderr, /archipel upgrade STACK goes on/);
      const { exitCode, stderr } = await upgrade();
      assert.equal(exitCode, 2, stderr);
      assert.match(stderr, /PostgreSQL 17 goes on with all that it had/);
    });
    assert.deepEqual(await versions(), ["17", "17", "17"]);
    await onMember(target, primary, "rm", "/var/lib/postgresql/18");
  });

  it("keeps every row and password, also when it is interrupted", async () => {
    await underLoad(target, async () => {
      await upgradeAndKill();
      const { exitCode, stderr } = await upgrade();
      assert.equal(exitCode, 0, stderr);
    });
    assert.deepEqual(await versions(), ["18", "18", "18"]);
    assert.equal(await inNotes("SHOW data_checksums"), "on");
    const left = target.database.members.map(({ name }) => onMember(target, name, "ls", "/var/lib/postgresql"));
    for (const folders of await Promise.all(left)) assert.doesNotMatch(folders, /17|upgrade/);
  });

  it("leaves extensions of the new version, and indexes in its order", async () => {
    const outdated =
      "SELECT count(*) FROM pg_extension JOIN pg_available_extensions ON name = extname WHERE extversion <> default_version";
    assert.equal(await inNotes(outdated), "0");
    const metres = await inNotes("SELECT ST_Distance('POINT(5.72 45.19)'::geography, 'POINT(5.76 45.19)'::geography)");
    assert.ok(Math.abs(Number(metres) - 3143) < 2, metres);
    assert.equal(await inNotes("SELECT q3c_join(10, 10, 10, 10.0001, 0.001)"), "t");
    assert.equal(
      await inNotes("SELECT round(degrees(spoint '(0d, 0d)' <-> spoint '(10d, 0d)')::numeric, 6)"),
      "10.000000",
    );
    await inNotes("CREATE EXTENSION amcheck");
    const checked = `SELECT count(bt_index_check(indexrelid, true)::text) FROM pg_index
      WHERE indrelid = 'words'::regclass`;
    assert.equal(await inNotes(checked), "4");
    await inNotes("DROP EXTENSION amcheck");
    const behind = "SELECT count(*) FROM pg_collation WHERE collversion <> pg_collation_actual_version(oid)";
    assert.equal(await inNotes(behind), "0");
  });

  it("leaves a stack to which `up` has nothing to add but what follows from config, and whose backups can be restored", async () => {
    const { exitCode, stdout, stderr } = await run("up", STACK, "--yes", "--json");
    assert.equal(exitCode, 0, stderr);
    const { removed, kept } = changesOf(stdout);
    assert.deepEqual([removed, kept], [1, []], "the Job of the first backup is another one");
    assert.deepEqual(await versions(), ["18", "18", "18"]);
    const proof = await cronJobSpec(target, "pg-restore-proof");
    const { succeeded, log } = await runJob(target, "pg-restore-proof-test", proof, 300);
    assert.ok(succeeded, log);
  });

  it("backs up where no version goes before its days, whoever wants it", async () => {
    const full = await runJob(target, "pg-backup-full-test", await cronJobSpec(target, "pg-backup-full"), 300);
    assert.ok(full.succeeded, full.log);
    const [plan, key] = [
      planOf(STACK),
      (name: string) => secretValue(target.kubectl, target.namespace, "minio-root", name),
    ];
    const root = { accessKeyId: await key("rootUser"), secretAccessKey: await key("rootPassword") };
    const store = await openStoreClient(storeTarget(plan, plan.sites[0]!, target.kubectl)!, root);
    try {
      const Bucket = "pg-backup";
      const { Versions = [] } = await store.s3.send(new ListObjectVersionsCommand({ Bucket }));
      const [older] = Versions.filter(({ Key, IsLatest }) => /\/backup\.info$/.test(Key!) && !IsLatest);
      const { Key, VersionId } = older!;
      await assert.rejects(store.s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId })), /WORM protected/);
    } finally {
      await store.close();
    }
  });

  it("has parameters that config may set, and no others", async () => {
    await compareParameters(target);
  });

  it("is not undone by config", async () => {
    configure(17);
    const { exitCode, stderr } = await run("up", STACK, "--yes");
    assert.equal(exitCode, 2);
    assert.match(stderr, /database\.version[^]*set it to 18/);
    assert.match((await upgrade()).stderr, /runs PostgreSQL 18/);
    assert.deepEqual(await versions(), ["18", "18", "18"]);
  });
});
