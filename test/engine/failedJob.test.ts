import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CreateBucketCommand, DeleteBucketCommand, HeadBucketCommand } from "@aws-sdk/client-s3";
import { stringify } from "yaml";
import type { EngineArgs } from "../../cli/engine/engine.ts";
import { pulumiUp } from "../../cli/engine/up.ts";
import type { Kubectl } from "../../cli/kubectl.ts";
import { projectRoot } from "../../cli/projectRoot.ts";
import { builtLock } from "../../images/build.ts";
import { ONE_NODE } from "../../sandbox/oneNode.ts";
import { down, kubeconfig } from "../../sandbox/sandbox.ts";
import { OutsideStore, STORE } from "../cluster/outsideStore.ts";
import { ReachedStore } from "../cluster/s3Client.ts";
import { engineSandbox } from "./support.ts";

/** A stack that the test makes and takes away. */
const STACK = "failtest";
const FILE = join(projectRoot, `Pulumi.${STACK}.yaml`);

describe("a Job that failed for good, under Pulumi's engine", function () {
  this.timeout(900_000);
  const store = new OutsideStore();
  let args: EngineArgs;
  let cluster: Kubectl;
  let reached: ReachedStore | undefined;

  before(async function () {
    const { program, cluster: found } = await engineSandbox(this);
    cluster = found;
    await store.prepare();
    await store.start();
    const config = {
      "archipel:sites": [ONE_NODE],
      "archipel:objects": {
        kind: "external",
        endpoint: STORE.endpoint,
        caFrom: "storeCa",
        manage: "buckets",
        account: { accessKeyIdFrom: "storeId", secretAccessKeyFrom: "storeKey" },
        buckets: [{ name: "files", objectLock: { days: 1 } }],
        copy: "none",
      },
      "archipel:storeCa": store.ca,
      "archipel:storeId": STORE.accessKeyId,
      "archipel:storeKey": STORE.secretAccessKey,
    };
    writeFileSync(FILE, stringify({ config }), { mode: 0o600 });
    const report = (): void => undefined;
    const kubeconfigs = [kubeconfig("site1")];
    args = { program, stack: STACK, sandbox: true, kubeconfigs, imageLock: builtLock(), yes: true, report };
    reached = new ReachedStore(STORE.endpoint, store.ca);
  });

  after(async () => {
    await reached?.close();
    await store.remove().catch(() => undefined);
    if (args) await down();
    rmSync(FILE, { force: true });
  });

  /** Gives the Job so many seconds, once it is there. */
  async function giveTime(activeDeadlineSeconds: number): Promise<void> {
    const place = ["--namespace", `${STACK}-site1-data`];
    const jobs = () => cluster.list(["jobs", "--selector", "app.kubernetes.io/component=converge", ...place]);
    let found = await jobs();
    for (; found.length === 0; found = await jobs()) await sleep(500);
    const patch = JSON.stringify({ spec: { activeDeadlineSeconds } });
    await cluster.run(["patch", "job", found[0]!.metadata.name, ...place, "--patch", patch]);
  }

  it("is made again once what stood in its way is gone, with the same config", async () => {
    const client = await reached!.open(STORE);
    const Bucket = "files";
    await client.send(new CreateBucketCommand({ Bucket }));
    // It exists without the lock that config wants, and nobody can add one.
    const up = pulumiUp(args);
    up.catch(() => undefined);
    // It would try for an hour; afterwards it is as config says again, but for having failed.
    await giveTime(5);
    await assert.rejects(up, /did not finish/);
    await giveTime(3600);
    await client.send(new DeleteBucketCommand({ Bucket }));
    assert.equal((await pulumiUp(args)).replaced, 1);
    await client.send(new HeadBucketCommand({ Bucket }));
    const { created, updated, replaced, deleted } = await pulumiUp(args);
    assert.deepEqual({ created, updated, replaced, deleted }, { created: 0, updated: 0, replaced: 0, deleted: 0 });
  });
});
