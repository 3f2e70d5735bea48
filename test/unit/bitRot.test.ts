import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { DeleteObjectsCommand, GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { Fault } from "../../cli/drill/drill.ts";
import { keyOf } from "../../cli/drill/faults/objectBitRot.ts";
import type { Ground } from "../../cli/drill/ground.ts";
import { runTrials } from "../../cli/drill/run.ts";
import { startStoreWriters, type StoreReport, type StoreWriters } from "../../cli/drill/store/storeWriters.ts";

/** A store in memory. `through` gives a client that makes something else of what is read of some objects. */
function memoryStore() {
  const objects = new Map<string, Uint8Array>();
  const through = (spoil: (content: Uint8Array, key: string) => Uint8Array = (content) => content) =>
    ({
      send: async (command: object) => {
        await sleep(1);
        if (command instanceof PutObjectCommand) objects.set(command.input.Key!, command.input.Body as Uint8Array);
        if (command instanceof DeleteObjectsCommand)
          for (const { Key } of command.input.Delete!.Objects!) objects.delete(Key!);
        if (!(command instanceof GetObjectCommand)) return {};
        const content = spoil(objects.get(command.input.Key!)!, command.input.Key!);
        return { Body: { transformToByteArray: () => Promise.resolve(content) } };
      },
    }) as unknown as S3Client;
  return { objects, through };
}

describe("objects of which a part was damaged", () => {
  let store: ReturnType<typeof memoryStore>;
  let writers: StoreWriters;

  beforeEach(async () => {
    store = memoryStore();
    const count = { writers: 1, readers: 0 };
    writers = await startStoreWriters({ s3: store.through(), bucket: "b", count, ballast: 2 ** 23 });
  });

  it("are read and counted, but for those of others", async () => {
    await writers.readDamaged(store.through(), [...store.objects.keys(), "drill-0/1/1"]);
    const { damagedReads, reads, wrongReads, failedReads } = await writers.stop();
    assert.deepEqual({ damagedReads, wrongReads, failedReads }, { damagedReads: reads, wrongReads: 0, failedReads: 0 });
    assert.ok(reads >= 2);
  });

  it("fail the drill where another content of the same length comes, and where there are none", async () => {
    const [first] = store.objects.keys();
    const spoiling = store.through((content, key) => (key === first ? content.toReversed() : content));
    const spoiled = writers.readDamaged(spoiling, [...store.objects.keys()]);
    await assert.rejects(spoiled, { name: "UserError", message: /^1 of \d+ damaged .*: another content came/ });
    await assert.rejects(writers.readDamaged(spoiling, ["drill-0/1/1"]), /nothing is proven/);
    assert.equal((await writers.stop()).wrongReads, 1);
  });

  it("are read as soon as they are damaged, before anything mends them", async () => {
    const order: string[] = [];
    const note = (what: string) => () => Promise.resolve(void order.push(what));
    const ground: Ground<object, StoreReport> = {
      name: "a store",
      untilComplete: () => Promise.resolve("minio-0"),
      startClients: () =>
        Promise.resolve({
          latest: () => Infinity,
          readDamaged: ({ server, keys }) => note(`read ${keys.join()} at ${server}`)(),
          stop: async () => ({ service: await writers.stop() }),
          close: note("closed"),
        }),
    };
    const damaged = () => ({ server: "minio-1", keys: ["a", "b"] });
    const fault: Fault<object> = {
      inject: note("damaged"),
      damaged,
      complete: note("completed"),
      verify: note("mended"),
    };
    const args = { target: {}, drill: { summary: "", faults: { rot: fault } }, times: 1 };
    const stop = new AbortController().signal;
    for await (const { ways } of runTrials(ground, { ...args, stop, report: () => undefined }))
      assert.ok(ways["service"]);
    assert.deepEqual(order, ["damaged", "read a,b at minio-1", "completed", "mended", "closed"]);
  });
});

describe("a file of an object on a drive", () => {
  it("names the object", () => {
    assert.equal(keyOf("notes/drill-1/ballast/3/f9a7-data/part.1"), "drill-1/ballast/3");
    assert.equal(keyOf("notes/drill-1/0/17/xl.meta"), "drill-1/0/17");
  });
});
