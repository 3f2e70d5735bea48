import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  CreateBucketCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  ListBucketsCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { stringify } from "yaml";
import { projectRoot } from "../../../cli/projectRoot.ts";
import { ONE_NODE } from "../../../sandbox/oneNode.ts";
import { down } from "../../../sandbox/sandbox.ts";
import { OutsideStore, STORE } from "../outsideStore.ts";
import { ReachedStore } from "../s3Client.ts";
import { onlyReads } from "../s3Denials.ts";
import { archipel, furnishedSandbox, prepare } from "../support.ts";

/** A stack that the test makes and takes away, in a sandbox of its own. */
const STACK = "outsideminiotest";
const FILE = join(projectRoot, `Pulumi.${STACK}.yaml`);

const key = (name: string) => ({ accessKeyId: `${name}-key`, secretAccessKey: `secret-of-the-${name}` });
const KEYS = { account: key("account"), writer: key("writer"), reader: key("reader") };

describe("an object store that somebody else runs, MinIO", function () {
  this.timeout(600_000);
  const minio = new OutsideStore();
  let store: ReachedStore | undefined;
  let root: S3Client;

  /** Stands the stack up. */
  function up(manage: "nothing" | "buckets", buckets: { name: string; [key: string]: unknown }[]) {
    const users = ["writer", "reader"] as const;
    const named = manage === "buckets" ? (["account", ...users] as const) : users;
    const secrets = named.flatMap((name) => [
      [`archipel:${name}Id`, KEYS[name].accessKeyId],
      [`archipel:${name}Key`, KEYS[name].secretAccessKey],
    ]);
    const config = {
      "archipel:sites": [ONE_NODE],
      "archipel:objects": {
        kind: "external",
        endpoint: STORE.endpoint,
        caFrom: "objectsCa",
        manage,
        buckets,
        ...(manage === "buckets" && { account: { accessKeyIdFrom: "accountId", secretAccessKeyFrom: "accountKey" } }),
        users: [
          { name: "writer", access: buckets.map(({ name }) => ({ bucket: name })) },
          { name: "reader", access: buckets.map(({ name }) => ({ bucket: name, mode: "readonly" })) },
        ],
        keys: users.map((user) => ({ user, accessKeyIdFrom: `${user}Id`, secretAccessKeyFrom: `${user}Key` })),
      },
      "archipel:objectsCa": minio.ca,
      ...(Object.fromEntries(secrets) as object),
    };
    writeFileSync(FILE, stringify({ config }), { mode: 0o600 });
    return archipel(["up", STACK, "--yes", "--timeout", "120"], { reject: false });
  }

  /** Lets both users into buckets, as whoever runs the store would. */
  async function letIn(...buckets: string[]): Promise<void> {
    for (const [name, may] of [
      ["writer", "everything"],
      ["reader", "reads"],
    ] as const) {
      await minio.user(KEYS[name], Object.fromEntries(buckets.map((bucket) => [bucket, may])));
    }
  }

  async function bucketNames(): Promise<(string | undefined)[]> {
    const { Buckets = [] } = await root.send(new ListBucketsCommand());
    return Buckets.map(({ Name }) => Name);
  }

  prepare(async () => {
    await furnishedSandbox();
    await minio.prepare();
    await minio.start();
    await store?.close();
    store = new ReachedStore(STORE.endpoint, minio.ca);
    root = await store.open(STORE);
    await minio.user(KEYS.account, { "*": "everything" });
    await root.send(new CreateBucketCommand({ Bucket: "files" }));
    await letIn("files");
  });

  after(async () => {
    await store?.close();
    await minio.remove();
    await down();
    rmSync(FILE, { force: true });
  });

  it("is refused where whoever runs it has not given what config wants", async () => {
    const { exitCode, stderr } = await up("nothing", [{ name: "files", versioning: true }, { name: "absent" }]);
    assert.equal(exitCode, 2);
    assert.match(stderr, /bucket files: versioning is off, and config wants it \(.*\); ask whoever runs the store/);
    assert.match(stderr, /bucket absent is not there, or does not open to user writer/);
  });

  it("serves buckets and keys that were made there, and gets nothing more", async () => {
    const { exitCode, stderr } = await up("nothing", [{ name: "files" }]);
    assert.equal(exitCode, 0, stderr);
    const [writer, reader] = [await store!.open(KEYS.writer), await store!.open(KEYS.reader)];
    await onlyReads({ writer, reader, bucket: "files", other: STORE.bucket });
    assert.deepEqual(await bucketNames(), ["files", STORE.bucket]);
  });

  it("gets buckets from its account, which its users find once they are let in", async () => {
    const buckets = [
      { name: "files" },
      { name: "history", versioning: true, lifecycle: [{ prefix: "tmp/", expireDays: 7 }] },
      { name: "locked", objectLock: { days: 1 } },
    ];
    const refused = await up("buckets", buckets);
    assert.equal(refused.exitCode, 2);
    assert.match(refused.stderr, /user writer cannot write to bucket history: AccessDenied/);
    await letIn("files", "history", "locked");
    const { exitCode, stderr } = await up("buckets", buckets);
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(await bucketNames(), ["files", "history", "locked", STORE.bucket]);
    assert.equal((await root.send(new GetBucketVersioningCommand({ Bucket: "history" }))).Status, "Enabled");
    const { Rules } = await root.send(new GetBucketLifecycleConfigurationCommand({ Bucket: "history" }));
    assert.equal(Rules?.[0]?.Expiration?.Days, 7);
    const lock = await root.send(new GetObjectLockConfigurationCommand({ Bucket: "locked" }));
    assert.deepEqual(lock.ObjectLockConfiguration?.Rule?.DefaultRetention, { Mode: "GOVERNANCE", Days: 1 });
  });
});
