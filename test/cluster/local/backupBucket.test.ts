import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type ObjectVersion,
} from "@aws-sdk/client-s3";
import { sandboxTarget } from "../../../cli/drill/choose.ts";
import { onMember, untilComplete, type Target } from "../../../cli/database/target.ts";
import { removeObjects } from "../../../cli/objects/removeObjects.ts";
import { openStoreClient, type StoreClient } from "../../../cli/objects/storeClient.ts";
import { storeTarget, type StoreTarget } from "../../../cli/objects/target.ts";
import { userKeys } from "../../../cli/objects/users.ts";
import { planOf } from "../../../cli/render/plan.ts";
import { cronJobSpec, runJob } from "../../../cli/site/jobs.ts";
import { sandboxKubectl } from "../../../cli/site/sandboxSite.ts";
import { versionPages } from "../../../images/objects/src/versions.ts";
import { backupUser } from "../../../stacks/backupUsers.ts";
import { archipel, localStack, needsSandbox, type LocalStack } from "../support.ts";

const Bucket = "pg-backup";

/** What pgBackRest reads first, and writes anew with each backup. */
const INFO = /\/backup\.info$/;

/** Adds to a request. */
const more =
  (query: object, headers: object) =>
  <Args extends { request?: unknown }, Result>(next: (args: Args) => Promise<Result>) =>
  (args: Args): Promise<Result> => {
    const request = args.request as { query: object; headers: object };
    Object.assign(request.query, query);
    Object.assign(request.headers, headers);
    return next(args);
  };

describe("the bucket of the backups", function () {
  this.timeout(1_200_000);
  let stack: LocalStack;
  let database: Target;
  let store: StoreTarget;
  let thief: StoreClient;
  let root: StoreClient;

  before(async function () {
    needsSandbox(this);
    stack = await localStack();
    database = sandboxTarget("local");
    const plan = planOf("local");
    store = storeTarget(plan, plan.sites[0]!, sandboxKubectl(plan.sites[0]!))!;
    thief = await openStoreClient(store, await userKeys(store, backupUser(1)));
    const key = (name: string): Promise<string> => stack.secret(store.namespace, "minio-root", name);
    const accessKeyId = await key("rootUser");
    root = await openStoreClient(store, { accessKeyId, secretAccessKey: await key("rootPassword") });
  });

  after(async () => {
    await thief?.close();
    await root?.close();
  });

  const backrest = async (...args: string[]): Promise<string> =>
    onMember(database, await untilComplete(database), "pgbackrest", "--stanza=main", ...args);

  async function keys(): Promise<string[]> {
    const found: string[] = [];
    for (let from: string | undefined, more = true; more;) {
      const page = await thief.s3.send(new ListObjectsV2Command({ Bucket, ContinuationToken: from }));
      found.push(...(page.Contents ?? []).map(({ Key }) => Key!));
      [from, more] = [page.NextContinuationToken, page.IsTruncated ?? false];
    }
    return found;
  }

  /** Every version that is not the newest of its object. */
  async function former(): Promise<ObjectVersion[]> {
    const found: ObjectVersion[] = [];
    for await (const { Versions = [], DeleteMarkers = [] } of versionPages(thief.s3, { Bucket })) {
      found.push(...[...Versions, ...DeleteMarkers].filter(({ IsLatest }) => !IsLatest));
    }
    return found;
  }

  /** Writes over an object, with more in the request than the client knows. */
  function overwrite(Key: string, { query = {}, headers = {} }: Record<string, Record<string, string>>) {
    const command = new PutObjectCommand({ Bucket, Key, Body: "mine" });
    command.middlewareStack.add(more(query, headers), { step: "build" });
    return thief.s3.send(command);
  }

  /** Deletes all that begins so, with all its versions. */
  function deleteForGood(Key: string) {
    const command = new DeleteObjectCommand({ Bucket, Key });
    command.middlewareStack.add(more({}, { "x-minio-force-delete": "true" }), { step: "build" });
    return thief.s3.send(command);
  }

  it("keeps versions that its user's key cannot take away, nor have taken away", async () => {
    const { Versions = [] } = await thief.s3.send(new ListObjectVersionsCommand({ Bucket }));
    const { Key = "", VersionId } = Versions.find((one) => INFO.test(one.Key!))!;
    const denied = { name: "AccessDenied" };
    const refused = (request: Promise<unknown>): Promise<void> => assert.rejects(request, denied);
    const { s3 } = thief;
    await refused(s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId })));
    const { Errors } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key, VersionId }] } }));
    assert.deepEqual(
      Errors?.map(({ Code }) => Code),
      ["AccessDenied"],
    );
    await refused(deleteForGood(Key.replace(INFO, "/")));
    await refused(overwrite(Key, { query: { versionId: VersionId! } }));
    await refused(overwrite(Key, { headers: { "x-minio-source-mtime": "2020-01-01T00:00:00Z" } }));
    await refused(
      s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Suspended" } })),
    );
    const Rules = [{ ID: "now", Status: "Enabled" as const, Filter: {}, Expiration: { Days: 1 } }];
    await refused(s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } })));
  });

  it("is as it was again after everything in it was encrypted or deleted, and needs nothing of what came between", async () => {
    await sleep(1100);
    const at = new Date().toISOString();
    await sleep(1100);
    const all = await keys();
    assert.ok(all.length > 10, `${all.length} objects`);
    await thief.s3.send(
      new PutObjectCommand({ Bucket, Key: all.find((key) => INFO.test(key)), Body: "all your backups are mine" }),
    );
    await removeObjects(thief.s3, Bucket, all);
    // What is archived meanwhile has nothing to be added to.
    assert.deepEqual(await keys(), []);
    assert.doesNotMatch(await backrest("info"), /full backup/);
    const { stdout } = await archipel(["objects", "rewind", "local", "--bucket", Bucket, "--at", at]);
    console.log(`      ${stdout.trim()}`);
    assert.match(stdout, new RegExp(`${all.length} objects of bucket ${Bucket} came back`));
    const again = await archipel(["objects", "rewind", "local", "--bucket", Bucket, "--at", at]);
    assert.match(again.stdout, /0 objects of bucket/);
    // As the lifecycle does after its days.
    const left = await former();
    for (let from = 0; from < left.length; from += 500) {
      const Objects = left.slice(from, from + 500).map(({ Key, VersionId }) => ({ Key: Key!, VersionId }));
      await root.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    }
    assert.match(await backrest("info"), /status: ok[^]*full backup/);
    await backrest("verify");
    const spec = await cronJobSpec(database, "pg-restore-proof");
    const { succeeded, log } = await runJob(database, "pg-restore-proof-bucket", spec, 300);
    assert.ok(succeeded, log);
  });
});
