import assert from "node:assert/strict";
import { shortHash } from "../../components/hash.ts";

describe("the fingerprint of content", () => {
  it("does not depend on the order in which keys were written", () => {
    assert.equal(shortHash({ a: 1, b: [{ c: 2, d: 3 }] }), shortHash({ b: [{ d: 3, c: 2 }], a: 1 }));
  });

  it("depends on every value, and on the order of a list", () => {
    assert.notEqual(shortHash({ a: [1, 2] }), shortHash({ a: [2, 1] }));
    assert.notEqual(shortHash({ a: { b: 1 } }), shortHash({ a: { b: 2 } }));
    assert.notEqual(shortHash({ a: null }), shortHash({}));
  });
});
