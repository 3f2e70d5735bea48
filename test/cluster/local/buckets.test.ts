import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import {
  DeleteObjectCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  PutObjectCommand,
  type PutObjectCommandOutput,
  type S3Client,
} from "@aws-sdk/client-s3";
import { sandboxKubectl } from "../../../cli/site/sandboxSite.ts";
import { openStoreClient, type StoreClient } from "../../../cli/objects/storeClient.ts";
import { onServer, storeTarget, type StoreTarget } from "../../../cli/objects/target.ts";
import { planOf } from "../../../cli/render/plan.ts";
import { convergeConfig, type ConvergeConfig } from "../../../components/objects/minioConverge.ts";
import type { BucketConfig, UserConfig } from "../../../stacks/schema/objectsContent.ts";
import { isKeptOut, LIMITED, onlyReads, tellsDenialsApart, type Rule } from "../s3Denials.ts";
import { localStack, needsSandbox, type LocalStack } from "../support.ts";

/** Buckets of this run only: one with a lock cannot be emptied, whoever asks. */
const PREFIX = `test-${process.hrtime.bigint()}`;
const [LOCKED, BOUNDED, TIDY] = ["locked", "bounded", "tidy"].map((name) => `${PREFIX}-${name}`) as [
  string,
  string,
  string,
];

/** Bytes that the bucket with a quota may hold. */
const QUOTA = 2 ** 20;

const bucket = (name: string, changes: Partial<BucketConfig> = {}): BucketConfig => ({
  name,
  versioning: false,
  lifecycle: [],
  ...changes,
});

describe("buckets of the object store", function () {
  this.timeout(300_000);
  let stack: LocalStack;
  let target: StoreTarget;
  let root: StoreClient;
  const clients: StoreClient[] = [];

  before(async function () {
    needsSandbox(this);
    stack = await localStack();
    const plan = planOf("local");
    target = storeTarget(plan, plan.sites[0]!, sandboxKubectl(plan.sites[0]!))!;
    const key = (name: string): Promise<string> => stack.secret(target.namespace, "minio-root", name);
    root = await openStoreClient(target, {
      accessKeyId: await key("rootUser"),
      secretAccessKey: await key("rootPassword"),
    });
    clients.push(root);
  });

  after(async () => {
    for (const client of clients) await client.close();
  });

  /** Runs the Job's own script with other buckets; gives what it said. */
  const converge = (...buckets: BucketConfig[]): Promise<string> =>
    run(convergeConfig({ ...target.objects, buckets, users: [] }));

  /** The same with users, who have the secret of LIMITED. */
  async function run(config: ConvergeConfig): Promise<string> {
    const script = `
      export CONVERGE_FOLDER=$(mktemp -d) STORE_URL=https://$STORE_HOST$MINIO_ADDRESS
      export USERS_FOLDER=$CONVERGE_FOLDER secret=$2
      printf %s "$1" >"$CONVERGE_FOLDER/config.json"
      shift 2
      for user; do printf %s "$secret" >"$USERS_FOLDER/$user"; done
      minio-converge 2>&1 || echo "exit code $?"`;
    const own = [JSON.stringify(config), LIMITED.secretAccessKey, ...config.users.map(({ name }) => name)];
    return onServer(target, target.objects.servers[0]!.name, "bash", "-c", script, "bash", ...own);
  }

  /** Opens the store as one of them. */
  async function as(accessKeyId: string): Promise<S3Client> {
    const client = await openStoreClient(target, { ...LIMITED, accessKeyId });
    clients.push(client);
    return client.s3;
  }

  const put = (name: string, key: string, bytes: number): Promise<PutObjectCommandOutput> =>
    root.s3.send(new PutObjectCommand({ Bucket: name, Key: key, Body: Buffer.alloc(bytes, key) }));

  const all = [
    bucket(LOCKED, { objectLock: { mode: "governance", days: 2 } }),
    bucket(BOUNDED, { quota: "1Mi" }),
    bucket(TIDY, {
      versioning: true,
      lifecycle: [
        { prefix: "tmp/", expireDays: 1 },
        { prefix: "", noncurrentDays: 7, abortUploadDays: 3 },
      ],
    }),
  ];

  it("are made as config says, and a second run changes nothing", async () => {
    const said = await converge(...all);
    for (const name of [LOCKED, BOUNDED, TIDY]) assert.ok(said.includes(`bucket ${name}: made`), said);
    const again = await converge(...all);
    assert.deepEqual(
      again.split("\n").filter((line) => line.includes(PREFIX)),
      [],
    );
    assert.match(again, /converged: 3 buckets/);
    // What fills the quota is counted by the time that its test asks.
    await put(BOUNDED, "half", QUOTA / 2);
  });

  it("with a lock keep a version until its time, from everybody who cannot set that aside", async () => {
    const { ObjectLockConfiguration: lock } = await root.s3.send(
      new GetObjectLockConfigurationCommand({ Bucket: LOCKED }),
    );
    assert.deepEqual(lock?.Rule?.DefaultRetention, { Mode: "GOVERNANCE", Days: 2 });
    assert.equal((await root.s3.send(new GetBucketVersioningCommand({ Bucket: LOCKED }))).Status, "Enabled");
    const { VersionId } = await put(LOCKED, "kept", 10);
    const version = { Bucket: LOCKED, Key: "kept", VersionId };
    await assert.rejects(root.s3.send(new DeleteObjectCommand(version)), /WORM protected/);
    // Without a version it only gets a marker that hides it.
    const { DeleteMarker } = await root.s3.send(new DeleteObjectCommand({ Bucket: LOCKED, Key: "kept" }));
    assert.equal(DeleteMarker, true);
    await root.s3.send(new DeleteObjectCommand({ ...version, BypassGovernanceRetention: true }));
  });

  it("get no lock later: that is said, and everything else is made", async () => {
    const late = bucket(BOUNDED, { quota: "1Mi", objectLock: { mode: "governance", days: 2 } });
    const said = await converge(late, bucket(`${PREFIX}-beside`));
    assert.match(said, new RegExp(`error: bucket ${BOUNDED} has no lock.*name a new bucket with objectLock and copy`));
    assert.match(said, /exit code 78/);
    assert.ok(said.includes(`bucket ${PREFIX}-beside: made`), said);
  });

  it("let a user who reads do nothing else, and nobody into a bucket that is not his", async () => {
    const [shared, other] = [`${PREFIX}-shared`, `${PREFIX}-other`];
    const users: UserConfig[] = [
      { name: "test-reader", access: [{ bucket: shared, mode: "readonly" }], generation: 1 },
      { name: "test-writer", access: [{ bucket: shared, mode: "readwrite" }], generation: 1 },
    ];
    const buckets = [bucket(shared), bucket(other)];
    const said = await run(convergeConfig({ ...target.objects, buckets, users }));
    assert.match(said, /converged: 2 buckets, 2 users/);
    await put(other, "theirs", 10);
    const [reader, writer] = [await as("test-reader"), await as("test-writer")];
    await onlyReads({ writer, reader, bucket: shared, other });
    await isKeptOut(writer, other);
  });

  /** Makes a bucket, and a user whose one policy has these rules. */
  const limit = (name: string, Statement: Rule[]): Promise<string> => {
    const user = { name: LIMITED.accessKeyId, policy: "test-limited", generation: 1 };
    const rules = { Version: "2012-10-17", Statement } as const;
    return run({
      ...convergeConfig({ ...target.objects, buckets: [bucket(name)], users: [] }),
      users: [{ ...user, rules }],
    });
  };

  tellsDenialsApart({ bucket: `${PREFIX}-denied`, limit, limited: () => as(LIMITED.accessKeyId) });

  it("have exactly the lifecycle rules of config", async () => {
    const rules = async () =>
      (await root.s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: TIDY }))).Rules?.map(
        ({ ID, Filter, Expiration, NoncurrentVersionExpiration: old }) => [
          ID,
          Filter?.Prefix || undefined,
          Expiration?.Days,
          old?.NoncurrentDays,
        ],
      );
    assert.deepEqual(await rules(), [
      ["archipel-1", "tmp/", 1, undefined],
      ["archipel-2", undefined, undefined, 7],
    ]);
    await converge(bucket(TIDY, { versioning: true, lifecycle: [{ prefix: "", expireDays: 30 }] }));
    assert.deepEqual(await rules(), [["archipel-1", undefined, 30, undefined]]);
  });

  it("keep what config no longer says, and say so", async () => {
    const said = await converge(bucket(LOCKED), bucket(BOUNDED), bucket(TIDY));
    for (const line of [
      `the lock of bucket ${LOCKED} (governance 2d)`,
      `the quota of bucket ${BOUNDED} (${QUOTA} bytes)`,
      `versioning of bucket ${TIDY}`,
      `the lifecycle of bucket ${TIDY} (1 rules)`,
      "that unfinished uploads go after 72h",
    ]) {
      assert.ok(said.includes(`kept: ${line} is not in the config`), said);
    }
    assert.equal((await root.s3.send(new GetBucketVersioningCommand({ Bucket: TIDY }))).Status, "Enabled");
  });

  it("take no more than their quota, once MinIO has counted what is there", async () => {
    await assert.rejects(put(BOUNDED, "too-big", QUOTA), /quota/i);
    const started = performance.now();
    const refused = async (): Promise<boolean> => {
      try {
        await put(BOUNDED, "other-half", QUOTA / 2);
        return false;
      } catch (error) {
        assert.match(String(error), /quota/i);
        return true;
      }
    };
    while (!(await refused())) {
      assert.ok(performance.now() - started < 180_000, "in time");
      await sleep(2000);
    }
    console.log(`      refused ${Math.round((performance.now() - started) / 1000)} s later`);
  });
});
