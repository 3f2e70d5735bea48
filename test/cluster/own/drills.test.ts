import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { DrillResult } from "../../../cli/drill/result.ts";
import { sandboxTarget } from "../../../cli/drill/choose.ts";
import type { StoreDrillResult } from "../../../cli/drill/store/storeResult.ts";
import { drills } from "../../../cli/drill/drills.ts";
import { projectRoot } from "../../../cli/projectRoot.ts";
import { down } from "../../../sandbox/sandbox.ts";
import { noneLost } from "../noneLost.ts";
import { archipel, prepare } from "../support.ts";

/** A stack of three nodes that the test makes and takes away, in a sandbox of its own. */
const STACK = "drilltest";
const FILE = join(projectRoot, `Pulumi.${STACK}.yaml`);

/** Seconds for which Patroni's lock of a primary lasts that says nothing. */
const TTL = 20;

/** Seconds that a fault of a drill lasts, where nothing else ends it. */
const LASTS = 45;

/** Seconds that writes stand still at most where they go on, on a machine with much to do. */
const SOON = 30;

/** What each fault of a drill does to writes, beside losing none: seconds that they stand still for, at least and at most. */
const FAULTS: [drill: string, fault: string, least: number, most: number][] = [
  ["rolling-restart", "rolling-restart", 0, SOON],
  ["dcs-loss", "two-voters", 0, SOON],
  ["disk-full", "primary-full-of-wal", 0, 2 * SOON],
  ["disk-full", "all-full", 0, 2 * SOON],
  ["replica-loss", "replica-frozen", 0, SOON],
  ["both-replicas-lost", "replicas-frozen", LASTS - 5, LASTS + SOON],
  ["primary-freeze", "primary-frozen", TTL / 2, TTL + SOON],
  ["primary-and-replica-lost", "primary-and-replica-frozen", LASTS - 5, LASTS + SOON],
  ["network-cut", "members-cut", LASTS - 5, LASTS + SOON],
  // It lasts for two minutes.
  ["api-down", "api-down", 0, SOON],
  ["node-loss", "node-lost", TTL / 2, TTL + SOON],
  ["delete-everything-and-restore", "everything-deleted", 0, 240],
];

/** What scripts that read a drill's figures rely on. */
const KEYS = [
  ...["drill", "times", "rto_p50_s", "rto_p99_s", "rto_max_s"],
  ...["lost_acknowledged_writes", "unknown_writes", "errors"],
];

describe("drills of a site with three nodes", function () {
  this.timeout(600_000);

  prepare(async () => {
    const zones = ["site1-zone1", "site1-zone2", "site1-zone3"];
    const capabilities = { nodes: 3, zones, storageClasses: { block: "sandbox-local" } };
    const config = {
      "archipel:sites": [{ name: "site1", sandbox: true, capabilities }],
      "archipel:database": {
        storage: "2Gi",
        whenAlone: "block",
        backup: { offsite: "none" },
        databases: [{ name: "notes" }],
      },
      "archipel:objects": { servers: 3, drivesPerServer: 2, driveSize: "1Gi", survives: "node" },
      "archipel:edge": { tcp: [{ name: "postgres", port: 5432, to: "database-primary" }] },
    };
    writeFileSync(FILE, stringify({ config }));
    const { exitCode, stderr } = await archipel(["up", STACK, "--yes"], { reject: false });
    assert.equal(exitCode, 0, stderr);
  });

  after(async () => {
    await down();
    rmSync(FILE, { force: true });
  });

  /** What members that run now said of settings that PostgreSQL refused; Patroni goes on as if it had taken them. */
  async function refusals(): Promise<string[]> {
    const { kubectl, namespace, database } = sandboxTarget(STACK);
    const logs = await Promise.all(
      database.members.map(({ name }) =>
        kubectl.run(["logs", `${name}-0`, "--namespace", namespace, "--container", "patroni"]),
      ),
    );
    return logs.flatMap((log) => log.match(/^.*invalid value for parameter.*$/gm) ?? []);
  }

  it("begin where no commit is acknowledged that nobody waits for", async () => {
    assert.deepEqual(await refusals(), []);
  });

  for (const [drill, fault, least, most] of FAULTS) {
    it(`${drill} makes its fault, takes it away, and tells what writes saw: ${fault}`, async () => {
      const { exitCode, stdout, stderr } = await archipel(
        ["drill", drill, "--stack", STACK, "--fault", fault, "--json"],
        { reject: false },
      );
      assert.equal(exitCode, 0, stderr);
      const result = JSON.parse(stdout) as DrillResult;
      for (const key of KEYS) assert.ok(key in result, key);
      const { rto_max_s, acknowledged_writes, lost_acknowledged_writes, by, outcomes } = result;
      console.log(`      writes stood still for ${rto_max_s} s, ${acknowledged_writes} acknowledged`);
      assert.deepEqual(Object.keys(by).toSorted(), [`${fault}/edge`, `${fault}/pooler`]);
      if (!drills[drill]!.mayLose) noneLost(fault, lost_acknowledged_writes);
      assert.ok(acknowledged_writes > 100, "writers wrote before and after");
      assert.ok(rto_max_s >= least && rto_max_s <= most, `writes stand still for ${least} to ${most} s: ${rto_max_s}`);
      if (fault === "everything-deleted") assert.deepEqual(await refusals(), []);
      if (fault === "replicas-frozen") {
        const waited = "commits waited until a replica was back, as whenAlone: block says";
        assert.deepEqual(outcomes, { [waited]: 1 });
      }
    });
  }

  it("object-node-loss keeps every acknowledged object, and nobody reads a wrong one", async () => {
    const { stdout } = await archipel(["drill", "object-node-loss", "--stack", STACK, "--json"]);
    const result = JSON.parse(stdout) as StoreDrillResult;
    for (const key of [...KEYS, "lost_acknowledged_objects"]) assert.ok(key in result, key);
    const { rto_max_s, acknowledged_writes, lost_acknowledged_objects, reads, failed_reads, wrong_reads } = result;
    console.log(
      `      writes stood still for ${rto_max_s} s, ${acknowledged_writes} acknowledged, ${failed_reads} of ${reads} reads failed`,
    );
    noneLost("node of the object store lost", lost_acknowledged_objects);
    assert.equal(wrong_reads, 0);
    assert.ok(acknowledged_writes > 50 && reads > 50, "clients wrote and read before and after");
    // A read that gets no answer for ten seconds fails: on a machine with much to do some may.
    assert.ok(failed_reads * 20 <= reads, `${failed_reads} of ${reads} reads failed`);
    assert.ok(rto_max_s <= SOON, `writes stand still for ${SOON} s at most: ${rto_max_s}`);
  });
});
