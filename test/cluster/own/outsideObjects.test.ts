import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { stringify } from "yaml";
import { kubectl, type Kubectl } from "../../../cli/kubectl.ts";
import type { Audit } from "../../../images/objects/src/audit.ts";
import { projectRoot } from "../../../cli/projectRoot.ts";
import { secretValue } from "../../../cli/site/secrets.ts";
import { ONE_NODE } from "../../../sandbox/oneNode.ts";
import { down, kubeconfig } from "../../../sandbox/sandbox.ts";
import { tool } from "../../../sandbox/toolchain/build.ts";
import { eventually } from "../eventually.ts";
import { CEPH, OutsideCeph } from "../outsideCeph.ts";
import { OutsideStore, STORE } from "../outsideStore.ts";
import { behavesLikeS3 } from "../s3Behaviour.ts";
import { byBucketPolicy, LIMITED, onlyReads, tellsDenialsApart } from "../s3Denials.ts";
import { samples } from "../samples.ts";
import { ReachedStore } from "../s3Client.ts";
import { archipel, furnishedSandbox, prepare } from "../support.ts";

/** A stack that the test makes and takes away, in a sandbox of its own. */
const STACK = "outsidetest";
const FILE = join(projectRoot, `Pulumi.${STACK}.yaml`);
const DATA = `${STACK}-site1-data`;

/** The account that owns the buckets on the gateway. */
const ACCOUNT = { accessKeyId: "keeper-key", secretAccessKey: "secret-of-the-keeper" };

const BUCKETS = [
  { name: "files", lifecycle: [{ prefix: "tmp/", expireDays: 1, abortUploadDays: 2 }], quota: "1Gi" },
  { name: "history", versioning: true },
  { name: "locked", objectLock: { days: 1 } },
];

describe("an object store that somebody else runs, a Ceph gateway", function () {
  this.timeout(1_200_000);
  const ceph = new OutsideCeph();
  const elsewhere = new OutsideStore();
  let cluster: Kubectl;
  let gateway: ReachedStore | undefined;
  let copies: ReachedStore | undefined;
  let account: S3Client;

  /** Stands the stack up, with this key of the account. */
  function up(buckets: object[] = BUCKETS, { accessKeyId, secretAccessKey } = ACCOUNT) {
    const config = {
      "archipel:sites": [ONE_NODE],
      "archipel:objects": {
        kind: "external",
        endpoint: CEPH.endpoint,
        caFrom: "objectsCa",
        manage: "rgw",
        account: { accessKeyIdFrom: "objectsId", secretAccessKeyFrom: "objectsKey" },
        buckets,
        users: [
          { name: "writer", access: buckets.map((bucket) => ({ bucket: (bucket as { name: string }).name })) },
          { name: "reader", access: [{ bucket: "files", mode: "readonly" }] },
        ],
        copy: {
          endpoint: STORE.endpoint,
          caFrom: "copyCa",
          accessKeyIdFrom: "copyId",
          secretAccessKeyFrom: "copyKey",
          prefix: "copy-of-",
          buckets: ["files"],
          // Not while the tests run: they copy when they want to.
          schedule: "0 0 1 1 *",
        },
      },
      "archipel:monitoring": { kind: "prometheus", storage: "1Gi" },
      "archipel:objectsCa": ceph.ca,
      "archipel:objectsId": accessKeyId,
      "archipel:objectsKey": secretAccessKey,
      "archipel:copyCa": elsewhere.ca,
      "archipel:copyId": STORE.accessKeyId,
      "archipel:copyKey": STORE.secretAccessKey,
    };
    writeFileSync(FILE, stringify({ config }), { mode: 0o600 });
    return archipel(["up", STACK, "--yes", "--timeout", "300"], { reject: false });
  }

  const objects = (...args: string[]) => archipel(["objects", ...args], { reject: false });

  async function as(user: string): Promise<S3Client> {
    const value = (key: string) => secretValue(cluster, DATA, `objects-user-${user}`, key);
    return gateway!.open({
      accessKeyId: await value("accessKeyId"),
      secretAccessKey: await value("secretAccessKey"),
    });
  }

  const put = (client: S3Client, Key: string, Body: string, Bucket = "files") =>
    client.send(new PutObjectCommand({ Bucket, Key, Body }));

  async function content(client: S3Client, Key: string, Bucket = "files"): Promise<string | undefined> {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    return Body?.transformToString();
  }

  prepare(async () => {
    await furnishedSandbox();
    cluster = kubectl(tool("kubectl"), kubeconfig("site1"));
    await ceph.prepare();
    await elsewhere.prepare();
    await ceph.start();
    await elsewhere.start();
    await ceph.user("keeper", { ...ACCOUNT, caps: "users=*;buckets=*" });
    gateway = new ReachedStore(CEPH.endpoint, ceph.ca);
    copies = new ReachedStore(STORE.endpoint, elsewhere.ca);
    account = await gateway.open(ACCOUNT);
    await ceph.user("limited", LIMITED);
  });

  after(async () => {
    await gateway?.close();
    await copies?.close();
    await ceph.remove();
    await elsewhere.remove().catch(() => undefined);
    await down();
    rmSync(FILE, { force: true });
  });

  it("is not touched where a key of config is wrong, which is named", async () => {
    const { exitCode, stderr } = await up(BUCKETS, { ...ACCOUNT, secretAccessKey: "another-secret" });
    assert.equal(exitCode, 2);
    assert.match(stderr, /archipel:objects\.account\.secretAccessKeyFrom: the secret in archipel:objectsKey /);
  });

  it("is not touched where somebody else's bucket or user has a wanted name", async () => {
    const other = { accessKeyId: "other-key", secretAccessKey: "secret-of-the-other" };
    await ceph.user("other", other);
    await ceph.user(`${STACK}-site1-reader`, { accessKeyId: "reader-key", secretAccessKey: "secret-of-the-reader" });
    await (await gateway!.open(other)).send(new CreateBucketCommand({ Bucket: "history" }));
    const { exitCode, stderr } = await up();
    assert.equal(exitCode, 2);
    assert.match(stderr, /these Jobs failed for good/);
    assert.match(stderr, /bucket history exists and does not open to this account/);
    assert.match(stderr, /user outsidetest-site1-reader exists \("outsidetest-site1-reader"\) and was not made here/);
    assert.deepEqual((await account.send(new ListBucketsCommand())).Buckets ?? [], []);
    await ceph.run("bucket", "rm", "--bucket=history");
    await ceph.run("user", "rm", `--uid=${STACK}-site1-reader`);
  });

  it("gets the buckets of config once that is gone, each with what it is to be", async () => {
    const { exitCode, stderr } = await up();
    assert.equal(exitCode, 0, stderr);
    const { Buckets = [] } = await account.send(new ListBucketsCommand());
    assert.deepEqual(
      Buckets.map(({ Name }) => Name),
      ["files", "history", "locked"],
    );
    const lifecycle = await account.send(new GetBucketLifecycleConfigurationCommand({ Bucket: "files" }));
    assert.equal(lifecycle.Rules?.[0]?.Expiration?.Days, 1);
    const versioning = await account.send(new GetBucketVersioningCommand({ Bucket: "history" }));
    assert.equal(versioning.Status, "Enabled");
    const lock = await account.send(new GetObjectLockConfigurationCommand({ Bucket: "locked" }));
    assert.deepEqual(lock.ObjectLockConfiguration?.Rule?.DefaultRetention, { Mode: "GOVERNANCE", Days: 1 });
    const stats = JSON.parse(await ceph.run("bucket", "stats", "--bucket=files")) as { bucket_quota: object };
    assert.equal((stats.bucket_quota as { max_size: number }).max_size, 2 ** 30);
  });

  it("lets each user do what config says, and nothing else", async () => {
    const [writer, reader] = [await as("writer"), await as("reader")];
    await onlyReads({ writer, reader, bucket: "files", other: "history" });
    const denied = { name: "AccessDenied" };
    await assert.rejects(reader.send(new CreateBucketCommand({ Bucket: "of-the-reader" })));
    const { VersionId } = await put(writer, "kept", "for a day", "locked");
    const version = { Bucket: "locked", Key: "kept", VersionId };
    await assert.rejects(writer.send(new DeleteObjectCommand(version)), denied);
    await assert.rejects(account.send(new DeleteObjectCommand(version)), denied);
  });

  it("expires what a rule says, and nothing else", async () => {
    const writer = await as("writer");
    const mine = ["tmp/old", "tmp", "other/tmp/old"];
    for (const key of mine) await put(writer, key, "a day old, soon");
    await ceph.run("lc", "process");
    for (const key of mine) assert.equal(await content(writer, key), "a day old, soon");
    await eventually(120, async () => {
      // A day of the gateway then lasts for five seconds.
      await ceph.run("lc", "process", "--rgw-lc-debug-interval=5");
      await assert.rejects(content(writer, "tmp/old"), { name: "NoSuchKey" });
    });
    for (const Key of mine.slice(1)) {
      assert.equal(await content(writer, Key), "a day old, soon");
      await writer.send(new DeleteObjectCommand({ Bucket: "files", Key }));
    }
  });

  it("refuses a lock for a bucket that was made without, and keeps what config no longer has", async () => {
    const locked = await up([{ name: "files", objectLock: { days: 1 } }]);
    assert.equal(locked.exitCode, 2);
    assert.match(locked.stderr, /bucket files exists without object lock/);
    const { exitCode, stderr } = await up([{ name: "files" }]);
    assert.equal(exitCode, 0, stderr);
    const log = await cluster.run(["logs", "--namespace", DATA, "--selector", "app.kubernetes.io/component=converge"]);
    assert.match(log, /kept: lifecycle rules of bucket files are not in the config/);
    assert.equal((await account.send(new ListBucketsCommand())).Buckets?.length, 3);
  });

  it("has a second copy at another place, which an audit compares", async () => {
    const writer = await as("writer");
    const large = "x".repeat(20 * 2 ** 20);
    await put(writer, "large", large);
    for (let number = 0; number < 50; number++) await put(writer, `many/${number}`, `number ${number}`);
    assert.equal((await objects("copy", STACK)).exitCode, 0);
    const same = await objects("audit", STACK, "--read", "all", "--json");
    assert.equal(same.exitCode, 0, same.stdout);
    const [audit] = JSON.parse(same.stdout) as Audit[];
    assert.deepEqual([audit!.count.site, audit!.count.copy, audit!.same], [52, 52, 52]);
    await put(writer, "new", "not copied yet");
    await put(writer, "many/7", "changed");
    const other = await objects("audit", STACK);
    assert.equal(other.exitCode, 1);
    assert.match(other.stdout, /1 not in copy:\n {4}new\n {2}1 different:\n {4}many\/7/);
  });

  it("gets its objects back after they were encrypted, and the copy with them", async () => {
    await sleep(1100);
    const before = new Date();
    await sleep(1100);
    const writer = await as("writer");
    for (let number = 0; number < 50; number++) await put(writer, `many/${number}`, "all your files are mine");
    await writer.send(new DeleteObjectCommand({ Bucket: "files", Key: "greeting" }));
    assert.equal((await objects("copy", STACK)).exitCode, 0);
    const at = ["--at", before.toISOString()];
    const unasked = await objects("restore", STACK, "--bucket", "files", ...at);
    assert.equal(unasked.exitCode, 2);
    assert.match(unasked.stderr, /Objects of bucket files are overwritten/);
    const back = await objects("restore", STACK, "--bucket", "files", ...at, "--yes");
    assert.equal(back.exitCode, 0, back.stderr);
    assert.equal(await content(writer, "many/3"), "number 3");
    assert.equal(await content(writer, "many/7"), "number 7");
    assert.equal(await content(writer, "greeting"), "hello");
  });

  it("gets a bucket back that was deleted", async () => {
    assert.equal((await objects("copy", STACK)).exitCode, 0);
    const { Contents = [] } = await account.send(new ListObjectsV2Command({ Bucket: "files" }));
    for (const { Key } of Contents) await account.send(new DeleteObjectCommand({ Bucket: "files", Key }));
    await account.send(new DeleteBucketCommand({ Bucket: "files" }));
    assert.equal((await objects("copy", STACK)).exitCode, 2, "a bucket that is gone is no empty one");
    const back = await objects("restore", STACK, "--bucket", "files", "--yes");
    assert.equal(back.exitCode, 0, back.stderr);
    const [writer, reader] = [await as("writer"), await as("reader")];
    assert.equal(await content(writer, "many/42"), "number 42");
    assert.equal((await content(reader, "large"))?.length, 20 * 2 ** 20);
    const same = await objects("audit", STACK, "--json");
    assert.equal(same.exitCode, 0, same.stdout);
  });

  tellsDenialsApart({ limit: byBucketPolicy(() => account), limited: () => gateway!.open(LIMITED) });

  behavesLikeS3("Ceph's gateway", {
    owner: () => Promise.resolve(account),
    stranger: { client: () => as("reader"), principal: `arn:aws:iam:::user/${STACK}-site1-reader` },
  });

  behavesLikeS3("MinIO", { owner: () => copies!.open(STORE) });

  describe("its metrics", () => {
    const alertname = "ObjectBucketUnreachable";
    const query = async (text: string) =>
      (await samples({ kubectl: cluster, namespace: DATA }, text)).map(({ metric, value }) => [
        metric["bucket"],
        Number(value[1]),
      ]);

    it("tell whether its buckets answer, and how old the copy is", async () => {
      await eventually(150, async () => {
        assert.deepEqual(await query('archipel_objects_bucket_answers{store="site"}'), [["files", 1]]);
        assert.deepEqual(await query('archipel_objects_bucket_answers{store="copy"}'), [["copy-of-files", 1]]);
        const [[, seconds = Infinity] = []] = await query("time() - archipel_objects_copied_timestamp_seconds");
        assert.ok(Number(seconds) < 900, `copied ${seconds} s ago`);
        assert.deepEqual(await query(`ALERTS{alertname="${alertname}"}`), []);
      });
    });

    it("end in an alarm when it is gone", async () => {
      await ceph.stop();
      await eventually(200, async () => {
        assert.deepEqual(await query(`ALERTS{alertname="${alertname}"}`), [["files", 1]]);
      });
    });
  });
});
