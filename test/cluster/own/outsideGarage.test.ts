import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  CreateBucketCommand,
  GetBucketLifecycleConfigurationCommand,
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { stringify } from "yaml";
import { projectRoot } from "../../../cli/projectRoot.ts";
import type { Audit } from "../../../images/objects/src/audit.ts";
import { ONE_NODE } from "../../../sandbox/oneNode.ts";
import { down } from "../../../sandbox/sandbox.ts";
import { GARAGE, OutsideGarage, type GarageKey } from "../outsideGarage.ts";
import { OutsideStore, STORE } from "../outsideStore.ts";
import { behavesLikeS3 } from "../s3Behaviour.ts";
import { ReachedStore } from "../s3Client.ts";
import { archipel, furnishedSandbox, prepare } from "../support.ts";

/** A stack that the test makes and takes away, in a sandbox of its own. */
const STACK = "garagetest";
const FILE = join(projectRoot, `Pulumi.${STACK}.yaml`);

/** Who has a key at Garage; the account may make buckets there. */
const NAMES = ["account", "writer", "reader", "objects-copy"] as const;

describe("an object store that somebody else runs, Garage", function () {
  this.timeout(600_000);
  const garage = new OutsideGarage();
  const elsewhere = new OutsideStore();
  const keys = {} as Record<(typeof NAMES)[number], GarageKey>;
  let store: ReachedStore | undefined;
  let account: S3Client;

  /** Stands the stack up. */
  function up(objects: { buckets: { name: string; [key: string]: unknown }[]; [key: string]: unknown }) {
    const copied = "copy" in objects;
    const users = ["writer", "reader", ...(copied ? (["objects-copy"] as const) : [])] as const;
    const secrets = (["account", ...users] as const).flatMap((name) => [
      [`archipel:${name}Id`, keys[name].accessKeyId],
      [`archipel:${name}Key`, keys[name].secretAccessKey],
    ]);
    const config = {
      "archipel:sites": [ONE_NODE],
      "archipel:objects": {
        kind: "external",
        ...GARAGE,
        caFrom: "objectsCa",
        account: { accessKeyIdFrom: "accountId", secretAccessKeyFrom: "accountKey" },
        users: [
          { name: "writer", access: objects.buckets.map(({ name }) => ({ bucket: name })) },
          { name: "reader", access: objects.buckets.map(({ name }) => ({ bucket: name, mode: "readonly" })) },
        ],
        keys: users.map((user) => ({ user, accessKeyIdFrom: `${user}Id`, secretAccessKeyFrom: `${user}Key` })),
        ...objects,
      },
      "archipel:objectsCa": garage.ca,
      ...(Object.fromEntries(secrets) as object),
      ...(copied && {
        "archipel:copyCa": elsewhere.ca,
        "archipel:copyId": STORE.accessKeyId,
        "archipel:copyKey": STORE.secretAccessKey,
      }),
    };
    writeFileSync(FILE, stringify({ config }), { mode: 0o600 });
    return archipel(["up", STACK, "--yes", "--timeout", "120"], { reject: false });
  }

  const as = (name: (typeof NAMES)[number]): Promise<S3Client> => store!.open(keys[name]);

  /** Lets the users into a bucket as whoever runs Garage would. */
  async function letIn(bucket: string): Promise<void> {
    await garage.run("bucket", "allow", bucket, "--read", "--write", "--key", "writer");
    for (const user of ["reader", "objects-copy"]) await garage.run("bucket", "allow", bucket, "--read", "--key", user);
  }

  /** Without those in which something is tried out: a Job that `up` makes anew is ended wherever it is. */
  const bucketsOfAccount = async () => {
    const { Buckets = [] } = await account.send(new ListBucketsCommand());
    return Buckets.map(({ Name = "" }) => Name).filter((name) => !name.startsWith("archipel-proof-"));
  };

  prepare(async (context) => {
    const reason = await garage.whyNot();
    if (reason) {
      console.log(`    skipped: ${reason}`);
      context.skip();
    }
    await furnishedSandbox();
    await garage.prepare();
    await elsewhere.prepare();
    await garage.start();
    await elsewhere.start();
    for (const name of NAMES) keys[name] = await garage.key(name, { createBucket: name === "account" });
    await garage.run("bucket", "create", "files");
    await letIn("files");
    await store?.close();
    store = new ReachedStore(GARAGE.endpoint, garage.ca, GARAGE.region);
    account = await as("account");
  });

  after(async () => {
    await store?.close();
    await garage.remove();
    await elsewhere.remove().catch(() => undefined);
    await down();
    rmSync(FILE, { force: true });
  });

  it("is refused under another region than its own, which it names", async () => {
    const { exitCode, stderr } = await up({ region: "us-east-1", manage: "nothing", buckets: [{ name: "files" }] });
    assert.equal(exitCode, 2);
    assert.match(stderr, /these Jobs failed for good/);
    assert.match(stderr, /archipel:objects\.region: .*AuthorizationHeaderMalformed.*; it says: garage/);
  });

  it("is refused for what it lacks, with the buckets that need it, before anything is made there", async () => {
    const { exitCode, stderr } = await up({
      manage: "buckets",
      buckets: [
        { name: "plain" },
        { name: "passing", lifecycle: [{ expireDays: 7 }] },
        { name: "history", versioning: true },
        { name: "locked", objectLock: { days: 1 } },
      ],
    });
    assert.equal(exitCode, 2);
    assert.match(stderr, /the store lacks versioning: NotImplemented.*; needed by bucket history, locked$/m);
    assert.match(stderr, /the store lacks object lock: NotImplemented.*; needed by bucket locked$/m);
    assert.doesNotMatch(stderr, /lacks (?!versioning|object lock)/);
    assert.deepEqual(await bucketsOfAccount(), []);
  });

  it("is refused where whoever runs it has not given what config wants", async () => {
    const lifecycle = [{ expireDays: 7 }];
    const { exitCode, stderr } = await up({
      manage: "nothing",
      buckets: [{ name: "files", versioning: true, lifecycle }, { name: "absent" }],
    });
    assert.equal(exitCode, 2);
    assert.match(stderr, /bucket files: versioning is off, and config wants it \(.*\); ask whoever runs the store/);
    assert.match(stderr, /bucket files: lifecycle rules cannot be read: AccessDenied/);
    assert.match(stderr, /bucket absent is not there, or does not open to user writer/);
  });

  it("serves buckets and keys that were made there, to each user what config says", async () => {
    const copy = {
      ...{ endpoint: STORE.endpoint, caFrom: "copyCa", accessKeyIdFrom: "copyId", secretAccessKeyFrom: "copyKey" },
      ...{ prefix: "copy-of-", buckets: ["files"], lock: "none" },
      // Not while the tests run: they copy when they want to.
      schedule: "0 0 1 1 *",
    };
    const { exitCode, stderr } = await up({ manage: "nothing", buckets: [{ name: "files" }], copy });
    assert.equal(exitCode, 0, stderr);
    const [writer, reader] = [await as("writer"), await as("reader")];
    const put = (client: S3Client) =>
      client.send(new PutObjectCommand({ Bucket: "files", Key: "greeting", Body: "hi" }));
    await put(writer);
    const { Body } = await reader.send(new GetObjectCommand({ Bucket: "files", Key: "greeting" }));
    assert.equal(await Body?.transformToString(), "hi");
    await assert.rejects(put(reader), { name: "AccessDenied" });
    await assert.rejects(writer.send(new CreateBucketCommand({ Bucket: "more" })), { name: "AccessDenied" });
    const { Contents = [] } = await reader.send(new ListObjectsV2Command({ Bucket: "files" }));
    assert.deepEqual(
      Contents.map(({ Key }) => Key),
      ["greeting"],
    );
  });

  it("has a second copy at another place, which an audit compares", async () => {
    const writer = await as("writer");
    await writer.send(new PutObjectCommand({ Bucket: "files", Key: "large", Body: "x".repeat(20 * 2 ** 20) }));
    const objects = (...args: string[]) => archipel(["objects", ...args], { reject: false });
    assert.equal((await objects("copy", STACK)).exitCode, 0);
    const same = await objects("audit", STACK, "--json");
    assert.equal(same.exitCode, 0, same.stdout);
    const [audit] = JSON.parse(same.stdout) as Audit[];
    assert.deepEqual([audit!.count.site, audit!.count.copy, audit!.same], [2, 2, 2]);
  });

  it("gets buckets from its account, which others see once they have a name for all and let them in", async () => {
    const objects = {
      manage: "buckets",
      buckets: [{ name: "made", lifecycle: [{ prefix: "tmp/", expireDays: 7, abortUploadDays: 2 }] }],
    };
    const refused = await up(objects);
    assert.equal(refused.exitCode, 2);
    assert.match(refused.stderr, /user writer cannot write to bucket made: NoSuchBucket/);
    assert.deepEqual(await bucketsOfAccount(), ["made"]);
    const all = await garage.ask<{ id: string; localAliases: { alias: string }[] }[]>("ListBuckets");
    const { id } = all.find(({ localAliases }) => localAliases.some(({ alias }) => alias === "made"))!;
    await garage.run("bucket", "alias", id, "made");
    await letIn("made");
    const { exitCode, stderr } = await up(objects);
    assert.equal(exitCode, 0, stderr);
    const { Rules } = await account.send(new GetBucketLifecycleConfigurationCommand({ Bucket: "made" }));
    assert.equal(Rules?.[0]?.Expiration?.Days, 7);
    assert.equal(Rules[0].AbortIncompleteMultipartUpload?.DaysAfterInitiation, 2);
  });

  behavesLikeS3("Garage", {
    owner: () => Promise.resolve(account),
    lacks: { versions: "Garage keeps no versions", policies: "Garage has no policies of buckets" },
    // It says that the date is too old.
    endedStatus: 400,
  });
});
