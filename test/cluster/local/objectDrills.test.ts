import assert from "node:assert/strict";
import { chooseStoreDrill, sandboxStore } from "../../../cli/drill/choose.ts";
import { runTrials, type Trial } from "../../../cli/drill/run.ts";
import type { StoreReport } from "../../../cli/drill/store/storeWriters.ts";
import { storeGround } from "../../../cli/drill/store/storeGround.ts";
import { describeReads, storeResultOf } from "../../../cli/drill/store/storeResult.ts";
import { noneLost } from "../noneLost.ts";
import { localStack, needsSandbox } from "../support.ts";

describe("drills of the object store", function () {
  this.timeout(600_000);

  before(async function () {
    needsSandbox(this);
    await localStack();
  });

  // Servers and drives that are lost, and the upgrade of all servers, are in the tests of the store itself.
  for (const [name, fault, damages] of [
    ["object-bit-rot", "bit-rot", true],
    ["object-drive-loss", "drive-read-only", false],
    ["object-disk-full", "one-full", false],
  ] as const) {
    it(`keeps every acknowledged object, and nobody reads a wrong one: ${fault}`, async () => {
      const target = sandboxStore("local");
      const drill = chooseStoreDrill(name, fault, target);
      const stop = new AbortController().signal;
      const trials: Trial<StoreReport>[] = [];
      const args = { target, drill, times: 1, stop, report: () => undefined };
      for await (const trial of runTrials(storeGround, args)) trials.push(trial);
      const result = storeResultOf(name, trials);
      console.log(`      ${result.acknowledged_writes} objects acknowledged; ${describeReads(result)}`);
      noneLost(fault, result.lost_acknowledged_objects);
      assert.equal(result.wrong_reads, 0);
      assert.equal(result.failed_reads, 0);
      if (fault === "one-full") assert.match(Object.keys(result.errors).join(), /XMinioStorageFull/);
      if (damages) assert.ok(result.damaged_reads > 10, "what was damaged was read before it was mended");
      assert.ok(result.acknowledged_writes > 50, "writers wrote before and after");
    });
  }
});
