import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { stringify } from "yaml";
import { chooseDrill, chooseStoreDrill, isOfStore, sandboxStore, sandboxTarget } from "../../cli/drill/choose.ts";
import { describeResult } from "../../cli/drill/describe.ts";
import { drills, storeDrills } from "../../cli/drill/drills.ts";
import { plotTrials } from "../../cli/drill/plot.ts";
import { lossBound, resultOf } from "../../cli/drill/result.ts";
import type { Ground } from "../../cli/drill/ground.ts";
import { repairable } from "../../cli/drill/repair.ts";
import { runTrials, type Trial } from "../../cli/drill/run.ts";
import type { Target } from "../../cli/database/target.ts";
import type { WriteReport } from "../../cli/drill/writers.ts";
import { describeReads, storeResultOf } from "../../cli/drill/store/storeResult.ts";
import { storeTarget } from "../../cli/objects/target.ts";
import { projectRoot } from "../../cli/projectRoot.ts";
import { planOf } from "../../cli/render/plan.ts";
import { UserError } from "../../cli/userError.ts";

/** A way that acknowledged a write every 10 ms but for `rto` seconds from second 2 on. */
function way(rto: number, over: Partial<WriteReport> = {}): WriteReport {
  const moments = Array.from({ length: 1000 }, (_, index) => index * 10);
  const acknowledgements = moments.filter((moment) => moment < 2000 || moment >= 2000 + rto * 1000);
  const acknowledged = acknowledgements.length;
  const quiet = { unknown: 0, failed: 0, errors: {}, longestPause: rto, lost: 0 };
  return { ...quiet, acknowledgements, acknowledged, ...over };
}

const trial = (fault: string, ways: Trial["ways"]): Trial => ({
  fault,
  victim: "pg-0",
  at: 2000,
  completeSeconds: 5,
  ways,
});

const trials = [
  trial("one", { pooler: way(1), edge: way(2, { unknown: 3, errors: { gone: 3 } }) }),
  trial("two", { pooler: way(4), edge: way(3, { errors: { gone: 1, "not there": 2 }, failed: 2 }) }),
];

describe("a drill's figures", () => {
  it("count each trial with its slowest way", () => {
    const { times, rto_p50_s, rto_p99_s, rto_max_s } = resultOf("primary-kill", trials);
    assert.deepEqual(
      { times, rto_p50_s, rto_p99_s, rto_max_s },
      { times: 2, rto_p50_s: 2, rto_p99_s: 4, rto_max_s: 4 },
    );
  });

  it("add up writes and errors over ways", () => {
    const lossy = [...trials, trial("one", { pooler: way(1, { lost: 7 }) })];
    const { lost_acknowledged_writes, unknown_writes, failed_writes, errors } = resultOf("primary-kill", lossy);
    assert.deepEqual(
      { lost_acknowledged_writes, unknown_writes, failed_writes, errors },
      { lost_acknowledged_writes: 7, unknown_writes: 3, failed_writes: 2, errors: { gone: 4, "not there": 2 } },
    );
  });

  it("stand for each fault and way too", () => {
    const { by } = resultOf("primary-kill", trials);
    assert.deepEqual(
      Object.entries(by).map(([key, { times, rto_max_s }]) => [key, times, rto_max_s]),
      [
        ["one/pooler", 1, 1],
        ["one/edge", 1, 2],
        ["two/pooler", 1, 4],
        ["two/edge", 1, 3],
      ],
    );
  });

  it("say what none lost means", () => {
    assert.ok(Math.abs(lossBound(100) - 0.0295) < 0.0001);
    // Without colours, which a CI has and a pipe has not.
    const text = stripVTControlCharacters(describeResult(resultOf("primary-kill", trials)));
    assert.match(text, /0 of \d+ acknowledged writes lost in 2 trials/);
  });

  it("are drawn with a row for each fault and a line for each trial", async () => {
    const svg = await plotTrials("Primary killed", trials);
    assert.match(svg, /^<svg/);
    for (const text of ["Primary killed", "one", "two", "pooler", "edge"]) assert.ok(svg.includes(`>${text}<`), text);
  });
});

describe("what writes do without the primary and a replica", () => {
  const { outcome } = drills["primary-and-replica-lost"]!.faults["primary-and-replica-frozen"]!;
  const saw = (members: number, pause: number): string =>
    outcome!({ database: { members: Array.from({ length: members }) } } as Target, pause);

  it("fails the drill where members that are left may lack a commit and take over, or have all and do not", () => {
    assert.match(saw(5, 24), /took over, as 5 members must/);
    assert.match(saw(3, 47), /waited until one of the two was back, as 3 members must/);
    assert.throws(() => saw(3, 24), /took over, and there are 3 members/);
    assert.throws(() => saw(5, 47), /waited until one of the two was back, and there are 5 members/);
  });
});

describe("what writes do without replicas", () => {
  const { outcome } = drills["both-replicas-lost"]!.faults["replicas-frozen"]!;
  const saw = (whenAlone: "degrade" | "block", pause: number): string =>
    outcome!({ database: { whenAlone } } as Target, pause);

  it("is said, and in how many trials", () => {
    const outcomes = [saw("degrade", 11), saw("degrade", 12)];
    assert.match(outcomes[0]!, /went on alone, as whenAlone: degrade says/);
    assert.match(saw("block", 46), /waited until a replica was back, as whenAlone: block says/);
    const result = resultOf(
      "both-replicas-lost",
      outcomes.map((one, index) => ({ ...trials[index]!, outcome: one })),
    );
    assert.ok(describeResult(result).includes(`in 2 of 2 trials ${outcomes[0]}`));
  });

  it("fails the drill where config says something else", () => {
    assert.throws(() => saw("block", 11), /went on alone, and whenAlone is block/);
    assert.throws(() => saw("degrade", 46), /waited until a replica was back, and whenAlone is degrade/);
  });
});

describe("the figures of an object store's drill", () => {
  it("have reads, objects and the time until all is there, beside the same keys", () => {
    const seen = (over: object) => ({ ...way(1), reads: 100, failedReads: 0, wrongReads: 0, damagedReads: 8, ...over });
    const result = storeResultOf("object-server-loss", [
      { ...trial("one", {}), ways: { service: seen({ failedReads: 2 }) } },
      { ...trial("two", {}), ways: { service: seen({ lost: 3, wrongReads: 1 }) }, completeSeconds: 31.234 },
    ]);
    const { times, reads, failed_reads, wrong_reads, lost_acknowledged_objects, complete_max_s } = result;
    assert.deepEqual(
      { times, reads, failed_reads, wrong_reads, lost_acknowledged_objects, complete_max_s },
      { times: 2, reads: 200, failed_reads: 2, wrong_reads: 1, lost_acknowledged_objects: 3, complete_max_s: 31.2 },
    );
    assert.equal(result.damaged_reads, 16);
    assert.equal(result.lost_acknowledged_writes, 3);
    assert.match(describeReads(result), /^2 of 200 reads failed, 1 were wrong; .* 31.2 s/);
  });
});

/** A ground where nothing is to be broken and clients see nothing; it tells what becomes of these. */
const quietGround = (tell: (what: string) => void = () => undefined): Ground<object, WriteReport> => ({
  name: "nothing",
  untilComplete: () => Promise.resolve("nobody"),
  startClients: () =>
    Promise.resolve({
      latest: () => Infinity,
      stop: () => Promise.resolve(tell("clients stopped")).then(() => ({ pooler: way(1) })),
      close: () => Promise.resolve(tell("clients closed")),
    }),
});

describe("a drill", () => {
  it("hands each trial on when it is finished: the next one may fail", async () => {
    let [faults, completed] = [0, 0];
    const complete = () => Promise.resolve(++completed);
    const ground = quietGround();
    const inject = (): Promise<void> => (++faults > 1 ? Promise.reject(new Error("it broke")) : Promise.resolve());
    const finished: Trial[] = [];
    const trials = runTrials(ground, {
      ...{ target: {}, drill: { summary: "", faults: { one: { inject, complete } } }, times: 3 },
      ...{ stop: new AbortController().signal, report: () => undefined },
    });
    await assert.rejects(async () => {
      for await (const trial of trials) finished.push(trial);
    }, /it broke/);
    assert.deepEqual(
      finished.map(({ fault, ways }) => [fault, ways["pooler"]?.longestPause]),
      [["one", 1]],
    );
    assert.equal(completed, 1, "what the fault left is completed");
  }).timeout(20_000);

  it("that is interrupted takes its fault away at once, and ends with that trial", async () => {
    const stop = new AbortController();
    const done: string[] = [];
    const ground = quietGround((what) => void done.push(what));
    const inject = (): Promise<() => Promise<void>> => {
      setTimeout(() => stop.abort(), 100);
      return Promise.resolve(() => Promise.resolve(void done.push("repaired")));
    };
    const drill = { summary: "", faults: { lasting: { inject, lastsSeconds: 3600 } } };
    const trials = runTrials(ground, { target: {}, drill, times: 5, stop: stop.signal, report: () => undefined });
    for await (const trial of trials) done.push(trial.fault);
    assert.deepEqual(done, ["repaired", "clients stopped", "clients closed", "lasting"]);
  }).timeout(20_000);
});

describe("a fault in several steps", () => {
  it("is taken away where one of them fails, and its error is the one that is seen", async () => {
    const done: string[] = [];
    const repair = (): Promise<void> => Promise.resolve(void done.push("repaired"));
    await assert.rejects(
      repairable(repair, () => Promise.reject(new Error("it broke"))),
      /it broke/,
    );
    assert.deepEqual(done, ["repaired"]);
    assert.equal(await repairable(repair, () => Promise.resolve()), repair);
    assert.deepEqual(done, ["repaired"], "one that was made lasts until its time");
  });
});

describe("choosing a drill", () => {
  const [site] = planOf("local").sites;
  const alone = { site, database: { ...site!.database!, members: site!.database!.members.slice(0, 1) } };
  const target = { plan: { stack: "local" }, ...alone } as unknown as Target;

  it("refuses a stack with real sites: a drill breaks things", () => {
    const file = join(projectRoot, "Pulumi.realdrilltest.yaml");
    const capabilities = { nodes: 3, storageClasses: { block: "fast" } };
    const config = { "archipel:sites": [{ name: "grenoble", cluster: { kubeconfig: { path: "~/k" } }, capabilities }] };
    writeFileSync(file, stringify({ config }));
    try {
      for (const choose of [sandboxTarget, sandboxStore]) {
        assert.throws(() => choose("realdrilltest"), /stack realdrilltest has real sites, and a drill breaks things/);
      }
    } finally {
      rmSync(file);
    }
  });

  it("refuses an unknown one with the nearest name", () => {
    assert.throws(
      () => chooseDrill("primary-kil", undefined, target),
      (error) => error instanceof UserError && error.message.includes("did you mean primary-kill?"),
    );
    assert.throws(() => chooseDrill("primary-kill", "postgres", target), UserError);
  });

  it("refuses one that the stack cannot have, with the reason", () => {
    assert.throws(() => chooseDrill("switchover", undefined, target), /no replicas/);
  });

  it("knows whether a drill breaks a database or an object store", () => {
    assert.deepEqual([...Object.keys(drills), ...Object.keys(storeDrills)].filter(isOfStore), Object.keys(storeDrills));
    const store = storeTarget(planOf("local"), site!, undefined as never)!;
    assert.ok(Object.keys(chooseStoreDrill("object-drive-loss", undefined, store).faults).length > 1);
    const single = { ...store, objects: { ...store.objects, servers: store.objects.servers.slice(0, 1) } };
    assert.throws(() => chooseStoreDrill("object-server-loss", undefined, single), /one server only/);
    assert.throws(() => chooseStoreDrill("object-drive-los", undefined, store), /did you mean object-drive-loss/);
  });

  it("narrows a drill to one fault", () => {
    const { faults } = chooseDrill("primary-kill", "pod-forced", target);
    assert.deepEqual(Object.keys(faults), ["pod-forced"]);
    assert.ok(Object.keys(drills["primary-kill"]!.faults).length > 1);
  });
});
