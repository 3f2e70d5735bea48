import assert from "node:assert/strict";
import { describeAudits, isSame } from "../../cli/objects/describeAudit.ts";
import { auditArguments, comparedWith, copyTo, placeNamed } from "../../cli/objects/places.ts";
import type { Audit } from "../../images/objects/src/audit.ts";
import { plan } from "../../stacks/topology.ts";
import { externalObjectsConfig, validConfig } from "./support.ts";

const { copy, ...objects } = externalObjectsConfig["archipel:objects"];
const next = {
  endpoint: "https://s3.new.example.org",
  accessKeyIdFrom: "offsiteId",
  secretAccessKeyFrom: "offsiteKey",
};

/** A store with these other places. */
function storeWith(places: object) {
  const config = { ...externalObjectsConfig, "archipel:objects": { ...objects, ...places } };
  return plan("s", validConfig(config)).sites[0]!.objects!;
}

const both = storeWith({ copy, next });

describe("places of a store's objects", () => {
  it("are the site, its second copy and the store to which they move", () => {
    assert.equal(copyTo("s", both, { from: "site", to: "copy" }).name, "objects-copy");
    assert.equal(copyTo("s", both, { from: "site", to: "next" }).name, "objects-next");
    assert.equal(comparedWith("s", both, { from: "site", to: "next" }).place, "next");
    assert.equal(comparedWith("s", both, { from: "copy", to: "site" }).place, "copy");
  });

  it("are named where one is not known, with a suggestion or the key that declares it", () => {
    const of = (store: typeof both, name: string) => () => placeNamed("s", store, name);
    assert.throws(of(both, "nxt"), {
      name: "UserError",
      message: "stack s knows no place nxt of its objects\n  allowed: site, copy, next\n  hint: did you mean next?",
    });
    assert.throws(of(storeWith({ copy }), "next"), {
      message:
        "stack s knows no place next of its objects\n  allowed: site, copy\n  hint: declare archipel:objects.next",
    });
    assert.throws(of(storeWith({ next }), "copy"), /allowed: site, next\n {2}hint: declare archipel:objects.copy/);
    assert.throws(of(both, "elsewhere"), /no place elsewhere .*\n {2}allowed: site, copy, next$/);
  });

  it("are two, and objects come from the site alone", () => {
    const copied = (from: string, to: string) => () => copyTo("s", both, { from, to });
    assert.throws(copied("site", "site"), /--from site --to site: two places are needed/);
    assert.throws(
      copied("copy", "site"),
      /not copied from copy\n.*\n {2}to bring them back: archipel objects restore s/,
    );
    assert.throws(copied("cop", "site"), /no place cop .*\n.*\n {2}hint: did you mean copy\?/);
    assert.throws(copied("site", "nex"), /no place nex /);
    const compared = (from: string, to: string) => () => comparedWith("s", both, { from, to });
    assert.throws(compared("copy", "next"), /copy and next cannot be compared\n {2}allowed: site and another place/);
    assert.throws(compared("site", "site"), /site and site cannot be compared/);
    assert.throws(compared("site", "coppy"), /no place coppy /);
  });

  it("follow the stack's name in an audit, where it is given", () => {
    assert.deepEqual(auditArguments([]), { stack: "local", from: "site", to: "copy" });
    assert.deepEqual(auditArguments(["grenoble"]), { stack: "grenoble", from: "site", to: "copy" });
    assert.deepEqual(auditArguments(["site", "next"]), { stack: "local", from: "site", to: "next" });
    assert.deepEqual(auditArguments(["grenoble", "site", "next"]), { stack: "grenoble", from: "site", to: "next" });
    assert.throws(() => auditArguments(["a", "b", "c", "d"]), /too many arguments: a b c d/);
  });

  it("get buckets as the platform keeps a copy, or as config has them where they are to be used", () => {
    const made = (store: typeof both, place: "copy" | "next") => store[place]!.buckets;
    assert.deepEqual(made(both, "copy"), [
      {
        name: "grenoble-files",
        versioning: true,
        objectLock: { mode: "compliance", days: 30 },
        lifecycle: [{ prefix: "", noncurrentDays: 30, abortUploadDays: 7 }],
      },
    ]);
    assert.equal(made(storeWith({ copy: { ...copy, lock: "none" } }), "copy")[0]!.objectLock, undefined);
    assert.deepEqual(made(both, "next"), [{ name: "files", versioning: false, lifecycle: [] }]);
  });
});

describe("an audit in words", () => {
  const none = { count: 0, first: [] };
  const audit: Audit = {
    ...{ site: "files", copy: "copy-of-files", count: { site: 3, copy: 3 }, bytes: { site: 9, copy: 9 } },
    ...{ same: 3, read: 0, missing: none, extra: none, differing: none, unreadable: none, uncompared: none },
  };

  it("is fine only where everything was proven to be the same", () => {
    assert.equal(isSame(audit), true);
    assert.equal(isSame({ ...audit, same: 2, uncompared: { count: 1, first: ["large"] } }), false);
    assert.equal(isSame({ ...audit, same: 2, differing: { count: 1, first: ["large"] } }), false);
  });

  it("tells what is not the same from what nobody compared", () => {
    const found = {
      ...audit,
      same: 1,
      uncompared: { count: 21, first: ["large"] },
      missing: { count: 1, first: ["new"] },
    };
    const words = describeAudits([found], "copy");
    assert.match(words, /1 of 3 objects are the same, 9 bytes here, 9 there\n {2}1 not in copy:\n {4}new\n/);
    assert.match(words, /21 of one size, not compared: no common checksum .*:\n {4}large\n {4}…$/);
    assert.match(describeAudits([{ ...audit, read: 2 }], "copy"), /3 of 3 objects are the same \(2 were read\)/);
  });
});
