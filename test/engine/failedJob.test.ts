import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CreateBucketCommand, DeleteBucketCommand, HeadBucketCommand } from "@aws-sdk/client-s3";
import { stringify } from "yaml";
import type { EngineArgs } from "../../cli/engine/engine.ts";
import { pulumiUp } from "../../cli/engine/up.ts";
import { projectRoot } from "../../cli/render/evaluate.ts";
import { builtLock } from "../../images/build.ts";
import { down, kubeconfig } from "../../sandbox/sandbox.ts";
import { OutsideStore, STORE } from "../cluster/outsideStore.ts";
import { ReachedStore } from "../cluster/s3Client.ts";
import { ONE_NODE } from "../cluster/support.ts";
import { engineSandbox } from "./support.ts";

/** A stack that the test makes and takes away. */
const STACK = "failtest";
const FILE = join(projectRoot, `Pulumi.${STACK}.yaml`);

describe("a Job that failed for good, under Pulumi's engine", function () {
  this.timeout(900_000);
  const store = new OutsideStore();
  let args: EngineArgs;
  let reached: ReachedStore | undefined;

  before(async function () {
    const { program } = await engineSandbox(this);
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

  it("is made again once what stood in its way is gone, with the same config", async () => {
    const client = await reached!.open(STORE);
    const Bucket = "files";
    await client.send(new CreateBucketCommand({ Bucket }));
    // It exists without the lock that config wants, and nobody can add one.
    await assert.rejects(pulumiUp(args), /did not finish/);
    await client.send(new DeleteBucketCommand({ Bucket }));
    assert.equal((await pulumiUp(args)).replaced, 1);
    await client.send(new HeadBucketCommand({ Bucket }));
    const { created, updated, replaced, deleted } = await pulumiUp(args);
    assert.deepEqual({ created, updated, replaced, deleted }, { created: 0, updated: 0, replaced: 0, deleted: 0 });
  });
});
