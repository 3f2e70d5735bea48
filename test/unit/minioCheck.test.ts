import assert from "node:assert/strict";
import { findMistakes } from "../../stacks/check/check.ts";
import type { Mistake } from "../../stacks/mistakes.ts";
import { fullConfig, validConfig } from "./support.ts";

const [site] = fullConfig["archipel:sites"];

/** Mistakes of a full config with another object store. */
function mistakesOf(objects: object, changes: Record<string, unknown> = {}): Mistake[] {
  const config = {
    ...fullConfig,
    "archipel:objects": { ...fullConfig["archipel:objects"], ...objects },
    ...changes,
  };
  return findMistakes(validConfig(config), {
    stack: "s",
    images: ["notes"],
    secrets: ["offsiteId", "offsiteKey"],
    wrong: [],
  });
}

const paths = (objects: object): string[] =>
  mistakesOf(objects).map(({ path }) => path.replace(/^archipel:objects\./, ""));

describe("checks of MinIO", () => {
  it("want to hear that its end is known, but for sandboxes", () => {
    const [mistake, ...others] = mistakesOf({ acceptUnmaintained: false });
    assert.deepEqual(others, []);
    assert.equal(mistake?.path, "archipel:objects.acceptUnmaintained");
    assert.match(mistake.allowed, /February 2026.*no fixes/);
    assert.match(mistake.hint!, /kind ceph or kind external/);
    const sandbox = { "archipel:sites": [{ ...site, sandbox: true }] };
    assert.deepEqual(mistakesOf({ acceptUnmaintained: false }, sandbox), []);
  });

  it("refuse a lifecycle rule that does nothing, and one about versions where there are none", () => {
    const bucket = (changes: object) => ({ buckets: [{ name: "files", ...changes }] });
    assert.deepEqual(paths(bucket({ lifecycle: [{ expireDays: 1 }, { prefix: "tmp/" }] })), [
      "buckets[0].lifecycle[1]",
    ]);
    const lifecycle = [{ noncurrentDays: 7 }];
    assert.deepEqual(paths(bucket({ lifecycle })), ["buckets[0].lifecycle[0].noncurrentDays"]);
    assert.deepEqual(paths(bucket({ lifecycle, versioning: true })), []);
    // A lock keeps versions whatever is said beside it.
    assert.deepEqual(paths(bucket({ lifecycle, versioning: false, objectLock: { days: 30 } })), []);
  });

  it("refuse a layout that does not bear what config says it must", () => {
    const bears = (survives: string, servers: number, drivesPerServer: number): boolean =>
      paths({ survives, servers, drivesPerServer }).length === 0;
    // The site has three nodes.
    assert.deepEqual(
      [bears("node", 3, 1), bears("node", 4, 1), bears("node", 1, 4), bears("server", 4, 1), bears("server", 1, 4)],
      [true, false, false, true, false],
    );
    assert.deepEqual(
      [bears("drive", 1, 1), bears("drive", 1, 2), bears("drive", 1, 4), bears("drive", 3, 1)],
      [false, false, true, true],
    );
    const [mistake] = mistakesOf({ survives: "node", servers: 4 });
    assert.match(mistake!.allowed, /^server or drive: site site1 has fewer nodes \(3\) than a pool has servers \(4\)/);
  });

  it("refuse to grow a single server, and pools that do not bear what the store must", () => {
    const pools = [{ servers: 4 }];
    assert.deepEqual(paths({ servers: 1, pools }), ["pools"]);
    assert.deepEqual(paths({ pools }), []);
    assert.deepEqual(paths({ pools, survives: "node" }), ["survives"]);
  });

  it("refuse unfinished uploads to go after different times", () => {
    const buckets = (...rules: object[]) => ({
      buckets: [{ name: "files" }, ...rules.map((rule, index) => ({ name: `more-${index}`, lifecycle: [rule] }))],
    });
    assert.deepEqual(paths(buckets({ abortUploadDays: 2 }, { abortUploadDays: 2 })), []);
    assert.deepEqual(paths(buckets({ abortUploadDays: 2 }, { abortUploadDays: 3, prefix: "tmp/" })), [
      "buckets[2].lifecycle[0].prefix",
      "buckets[2].lifecycle[0].abortUploadDays",
    ]);
  });
});
