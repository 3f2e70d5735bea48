import assert from "node:assert/strict";
import { cannotStart, podTroubles, triedBefore, type Pod } from "../../cli/apply/workloads.ts";

/** A pod with one container in this state. */
const pod = (container: object): Pod =>
  ({
    kind: "Pod",
    metadata: { name: "job-x" },
    status: { containerStatuses: [{ name: "backup", ready: false, restartCount: 0, state: {}, ...container }] },
  }) as unknown as Pod;

describe("a pod's troubles", () => {
  const ended = { terminated: { exitCode: 1, message: "starting\nERROR: no such bucket\nfailed: 1\n" } };

  it("are what its container said last", () => {
    assert.deepEqual(podTroubles(pod({ state: ended })), [
      "backup said: ERROR: no such bucket",
      "backup said: failed: 1",
    ]);
    const again = { restartCount: 3, state: { waiting: { reason: "CrashLoopBackOff" } }, lastState: ended };
    assert.deepEqual(podTroubles(pod(again)), [
      "backup: CrashLoopBackOff",
      "backup said: ERROR: no such bucket",
      "backup said: failed: 1",
    ]);
  });

  it("are none where it runs, is done, or is only on its way", () => {
    assert.deepEqual(podTroubles(pod({ ready: true, restartCount: 2, lastState: ended })), []);
    assert.deepEqual(podTroubles(pod({ state: { terminated: { exitCode: 0 } } })), []);
    assert.deepEqual(podTroubles(pod({ state: { waiting: { reason: "PodInitializing" } } })), []);
  });

  it("are all those of the try before, where trying again does not help", () => {
    const config = { terminated: { exitCode: 78, message: "no bucket files\nno bucket wiki\nno user notes\n" } };
    const again = { ready: true, restartCount: 1, state: { running: {} }, lastState: config };
    assert.deepEqual(
      podTroubles(pod(again)),
      ["no bucket files", "no bucket wiki", "no user notes"].map((reason) => `backup said: ${reason}`),
    );
  });

  it("end the waiting where a container waits for a try that cannot help", () => {
    const hopeless = { terminated: { exitCode: 78, message: "no backup" } };
    const waiting = { waiting: { reason: "CrashLoopBackOff" } };
    assert.ok(cannotStart(pod({ state: hopeless })));
    assert.ok(cannotStart(pod({ state: waiting, lastState: hopeless })));
    assert.ok(!cannotStart(pod({ state: { running: {} }, lastState: hopeless })), "it has another try");
    assert.ok(!cannotStart(pod({ state: waiting, lastState: ended })));
    const began = { terminated: { ...hopeless.terminated, startedAt: "2026-11-28T08:00:00Z" } };
    const at = (time: string): boolean => cannotStart(pod({ state: waiting, lastState: began }), Date.parse(time));
    assert.deepEqual([at("2026-11-28T07:59:00Z"), at("2026-11-28T08:01:00Z")], [true, false]);
  });

  it("tell whether it failed before", () => {
    const passing = { lastState: ended };
    const fine = { state: { terminated: { exitCode: 0 } } };
    assert.deepEqual([passing, fine].map(pod).map(triedBefore), [true, false]);
  });
});
