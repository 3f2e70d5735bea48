import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { stringify } from "yaml";
import { kubectl, type Kubectl } from "../../../cli/kubectl.ts";
import { openStoreClient, type StoreClient } from "../../../cli/objects/storeClient.ts";
import { storeTarget, type StoreTarget } from "../../../cli/objects/target.ts";
import { userKeys } from "../../../cli/objects/users.ts";
import { projectRoot } from "../../../cli/projectRoot.ts";
import { planOf } from "../../../cli/render/plan.ts";
import { secretValue } from "../../../cli/site/secrets.ts";
import type { Audit } from "../../../images/objects/src/audit.ts";
import { removeVersions } from "../../../images/objects/src/scratch.ts";
import { ONE_NODE } from "../../../sandbox/oneNode.ts";
import { down, kubeconfig } from "../../../sandbox/sandbox.ts";
import { tool } from "../../../sandbox/toolchain/build.ts";
import { eventually } from "../eventually.ts";
import { OutsideStore, STORE } from "../outsideStore.ts";
import { ReachedStore } from "../s3Client.ts";
import { staysLocked, takeAway, WORM, yieldsUnderGovernance } from "../s3Locks.ts";
import { putInParts } from "../s3Parts.ts";
import { archipel, furnishedSandbox, prepare } from "../support.ts";

/** A stack that the test makes and takes away, in a sandbox of its own. */
const STACK = "copytest";
const FILE = join(projectRoot, `Pulumi.${STACK}.yaml`);
const DATA = `${STACK}-site1-data`;
const COPY = "copy-of-files";

/** A schedule for no time at which the tests run. */
const NEVER = "0 0 1 1 *";

/** The store at another place, as config names it. */
const PLACE = {
  endpoint: STORE.endpoint,
  caFrom: "copyCa",
  accessKeyIdFrom: "copyId",
  secretAccessKeyFrom: "copyKey",
};

/** Who uses the bucket. */
const CONTENT = {
  buckets: [{ name: "files" }, { name: "look" }],
  users: [{ name: "writer", access: [{ bucket: "files" }, { bucket: "look" }] }],
};

/** Objects of a MiB of which a copy is cut off, which sends two in a second then: it takes a while on any machine. */
const BULK = 40;

/** What an audit says in numbers. */
const figures = ({ count: { site, copy }, same, read }: Audit) => ({ site, copy, same, read });

describe("objects of the platform's own store at another place", function () {
  this.timeout(1_200_000);
  const elsewhere = new OutsideStore();
  let cluster: Kubectl;
  let reached: ReachedStore | undefined;
  let target: StoreTarget;
  let store: StoreClient | undefined;
  /** The user of the site's bucket. */
  let writer: S3Client;
  /** Whoever has the key of the copy, which owns its buckets. */
  let keeper: S3Client;

  /** Stands the stack up. */
  function up(objects: object) {
    const config = {
      "archipel:sites": [ONE_NODE],
      "archipel:objects": objects,
      "archipel:copyCa": elsewhere.ca,
      "archipel:copyId": STORE.accessKeyId,
      "archipel:copyKey": STORE.secretAccessKey,
    };
    writeFileSync(FILE, stringify({ config }), { mode: 0o600 });
    return archipel(["up", STACK, "--yes"], { reject: false });
  }

  const objects = (...args: string[]) => archipel(["objects", ...args], { reject: false });

  async function audited(...args: string[]): Promise<Audit> {
    const { exitCode, stdout, stderr } = await objects("audit", STACK, ...args, "--json");
    assert.equal(exitCode, 0, stdout + stderr);
    return (JSON.parse(stdout) as Audit[])[0]!;
  }

  /** Finds everything at both places, and the same. */
  async function allSame(...args: string[]): Promise<void> {
    const { count, same } = await audited(...args);
    assert.deepEqual([count.copy, same], [count.site, count.site]);
  }

  async function copied(...args: string[]): Promise<string> {
    const { exitCode, stderr } = await objects("copy", STACK, ...args);
    assert.equal(exitCode, 0, stderr);
    return stderr;
  }

  const put = (client: S3Client, Key: string, Body: string, Bucket = "files") =>
    client.send(new PutObjectCommand({ Bucket, Key, Body }));

  async function content(client: S3Client, Key: string, Bucket = "files"): Promise<string | undefined> {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    return Body?.transformToString();
  }

  /** Versions of what begins so in the copy. */
  async function versions(Prefix: string) {
    return (await keeper.send(new ListObjectVersionsCommand({ Bucket: COPY, Prefix }))).Versions ?? [];
  }

  /** Changes the CronJob of the copy. */
  const schedule = (command: string, ...args: string[]) =>
    cluster.run([command, ...args.slice(0, -1), "cronjob/objects-copy", "--namespace", DATA, args.at(-1)!]);

  prepare(async () => {
    await furnishedSandbox();
    cluster = kubectl(tool("kubectl"), kubeconfig("site1"));
    await elsewhere.prepare();
    await elsewhere.start();
    // Not while the tests run: they copy when they want to.
    const copy = { ...PLACE, prefix: "copy-of-", schedule: NEVER };
    const { exitCode, stderr } = await up({ servers: 1, driveSize: "2Gi", ...CONTENT, copy, next: PLACE });
    assert.equal(exitCode, 0, stderr);
    const plan = planOf(STACK);
    target = storeTarget(plan, plan.sites[0]!, cluster)!;
    store = await openStoreClient(target, await userKeys(target, "writer"));
    writer = store.s3;
    reached = new ReachedStore(STORE.endpoint, elsewhere.ca);
    keeper = await reached.open(STORE);
  });

  after(async () => {
    await store?.close();
    await reached?.close();
    await elsewhere.remove().catch(() => undefined);
    await down();
    rmSync(FILE, { force: true });
  });

  it("are copied, and compared in either direction by checksum or by reading", async () => {
    await put(writer, "large", "x".repeat(40 * 2 ** 20));
    await putInParts(writer, { Bucket: "files", Key: "parts" }, "a");
    for (let number = 0; number < 10; number++) await put(writer, `many/${number}`, `number ${number}`);
    await copied("--from", "site", "--to", "copy");
    const all = { site: 12, copy: 12, same: 12, read: 12 };
    assert.deepEqual(figures(await audited("site", "copy")), { ...all, read: 2 });
    assert.deepEqual(figures(await audited("copy", "site", "--read", "all")), all);
  });

  it("are not taken for the same for being of one size, small or in parts", async () => {
    await put(keeper, "many/9", "NUMBER 9", COPY);
    await putInParts(keeper, { Bucket: COPY, Key: "parts" }, "b");
    const read = await objects("audit", STACK, "site", "copy");
    assert.equal(read.exitCode, 1);
    assert.match(read.stdout, /10 of 12 .*\n {2}2 different:\n {4}many\/9\n {4}parts/);
    const unread = await objects("audit", STACK, "--read", "none");
    assert.equal(unread.exitCode, 1);
    const words = "of one size, not compared: no common checksum";
    assert.match(unread.stdout, /9 of 12 .*\n {2}1 different:\n {4}many\/9\n/);
    assert.match(unread.stdout, new RegExp(`2 ${words}.*\n {4}large\n {4}parts`));
    await copied();
    assert.deepEqual(figures(await audited()), { site: 12, copy: 12, same: 12, read: 2 });
  });

  it("are sent on from where a copy was killed, and nothing twice", async () => {
    // A second try finds none of the first one's.
    const prefix = `bulk/${Date.now()}/`;
    const body = "x".repeat(2 ** 20);
    for (let number = 0; number < BULK; number++) await put(writer, `${prefix}${number}`, `${number} ${body}`);
    const names = async () => (await versions(prefix)).map(({ Key, VersionId }) => `${Key} ${VersionId}`);
    await schedule("set", "env", "RCLONE_BWLIMIT=2M");
    const killed = objects("copy", STACK);
    await eventually(300, async () => assert.ok((await names()).length >= 5, "there are five versions"));
    const pods = ["--namespace", DATA, "--selector", "app.kubernetes.io/component=copy"];
    // It ends before this does: what it still sent beside the next copy would be there twice.
    await cluster.run(["delete", "pod", ...pods, "--grace-period=1"]);
    const { exitCode, stderr } = await killed;
    assert.equal(exitCode, 2);
    assert.match(stderr, /copy failed; what was done stays, and the next run goes on/);
    const before = await names();
    console.log(`      killed after ${before.length} of ${BULK}`);
    assert.ok(before.length < BULK);
    assert.match(await copied(), /\d+(\.\d+)? MiB \/ .* MiB, \d+%/, "how far it is");
    await schedule("set", "env", "RCLONE_BWLIMIT-");
    const after = await names();
    assert.equal(after.length, BULK, "one version of each");
    for (const version of before) assert.ok(after.includes(version), version);
    await allSame();
  });

  it("are copied by themselves when the schedule says so", async () => {
    const held = await versions("scheduled");
    await put(writer, "scheduled", `at ${new Date().toISOString()}`);
    await schedule("patch", "--type=merge", '--patch={"spec":{"schedule":"* * * * *"}}');
    await eventually(300, async () => assert.ok((await versions("scheduled")).length > held.length, "a copy came"));
    await schedule("patch", "--type=merge", `--patch={"spec":{"schedule":"${NEVER}"}}`);
    await eventually(300, async () => {
      const [{ status } = { status: {} }] = await cluster.list(["cronjob", "objects-copy", "--namespace", DATA]);
      const { active = [], lastSuccessfulTime } = status as { active?: object[]; lastSuccessfulTime?: string };
      assert.deepEqual(active, []);
      assert.ok(lastSuccessfulTime);
    });
    await allSame();
  });

  it("cannot be taken away with the key of the copy, in parts neither", async () => {
    await keeper.send(new DeleteObjectCommand({ Bucket: COPY, Key: "many/3" }));
    for (const Key of ["many/3", "large"]) {
      const held = await versions(Key);
      assert.notEqual(held.length, 0);
      const version = { Bucket: COPY, Key, VersionId: held[0]!.VersionId };
      const { Retention } = await keeper.send(new GetObjectRetentionCommand(version));
      assert.equal(Retention?.Mode, "COMPLIANCE");
      for (const refused of takeAway(keeper, version)) await assert.rejects(refused, WORM);
    }
    const { ETag } = await keeper.send(new HeadObjectCommand({ Bucket: COPY, Key: "large" }));
    assert.match(ETag!, /-3"$/, "it went in parts");
  });

  it("stay locked while they do not change", () => staysLocked(keeper, COPY, "many/5"));

  it("could be with lock: governance", () => yieldsUnderGovernance(keeper));

  it("come back after the bucket here was overwritten", async () => {
    for (let number = 0; number < 10; number++) await put(writer, `many/${number}`, `number ${number}`);
    await copied();
    await sleep(1100);
    const before = new Date();
    await sleep(1100);
    for (let number = 0; number < 10; number++) await put(writer, `many/${number}`, "all your files are mine");
    await writer.send(new DeleteObjectCommand({ Bucket: "files", Key: "large" }));
    await copied();
    const restore = ["restore", STACK, "--bucket", "files", "--at", before.toISOString()];
    const beside = await objects(...restore, "--into", "look");
    assert.equal(beside.exitCode, 0, beside.stderr);
    assert.equal(await content(writer, "many/3", "look"), "number 3");
    assert.equal(await content(writer, "many/3"), "all your files are mine", "the bucket itself is as it was");
    const back = await objects(...restore, "--yes");
    assert.equal(back.exitCode, 0, back.stderr);
    assert.equal(await content(writer, "many/3"), "number 3");
    assert.equal((await content(writer, "large"))?.length, 40 * 2 ** 20);
  });

  it("come back after the bucket here was deleted", async () => {
    await copied();
    const key = (name: string): Promise<string> => secretValue(cluster, DATA, "minio-root", name);
    const root = await openStoreClient(target, {
      accessKeyId: await key("rootUser"),
      secretAccessKey: await key("rootPassword"),
    });
    await removeVersions(root.s3, { Bucket: "files" });
    await root.s3.send(new DeleteBucketCommand({ Bucket: "files" }));
    await root.close();
    const gone = await objects("copy", STACK);
    assert.equal(gone.exitCode, 2, "a bucket that is gone is no empty one");
    const again = await objects("restore", STACK, "--bucket", "files", "--yes");
    assert.equal(again.exitCode, 0, again.stderr);
    await allSame();
  });

  it("move to a store of another kind, and are served from there", async () => {
    await copied("--to", "next");
    await put(writer, "many/10", "written meanwhile");
    await writer.send(new DeleteObjectCommand({ Bucket: "files", Key: "many/0" }));
    const meanwhile = await objects("audit", STACK, "site", "next");
    assert.equal(meanwhile.exitCode, 1);
    assert.match(meanwhile.stdout, /1 not in next:\n {4}many\/10\n {2}1 in next only:\n {4}many\/0/);
    await copied("--to", "next", "--delete");
    await allSame("site", "next");
    const account = { accessKeyIdFrom: "copyId", secretAccessKeyFrom: "copyKey" };
    const moved = await up({
      ...{ kind: "external", endpoint: STORE.endpoint, caFrom: "copyCa", manage: "buckets", account },
      ...CONTENT,
      keys: [{ user: "writer", ...account }],
    });
    assert.equal(moved.exitCode, 0, moved.stderr);
    const value = (key: string) => secretValue(cluster, DATA, "objects-user-writer", key);
    const user = await reached!.open({
      accessKeyId: await value("accessKeyId"),
      secretAccessKey: await value("secretAccessKey"),
    });
    assert.equal(await content(user, "many/10"), "written meanwhile");
    const claims = await cluster.list(["persistentvolumeclaims", "--namespace", DATA]);
    assert.ok(
      claims.some(({ metadata }) => metadata.name.startsWith("minio-")),
      "the old store's data stays",
    );
  });
});
