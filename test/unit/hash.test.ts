import assert from "node:assert/strict";
import { secretHash, shortHash } from "../../components/hash.ts";

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

describe("the fingerprint of secrets", () => {
  it("is the same for the same ones, another for others or another order, and shows none of them", () => {
    const one = secretHash(["id", "secret", undefined]);
    assert.equal(one, secretHash(["id", "secret", undefined]));
    const others = [
      ["id", "secret", "ca"],
      ["secret", "id", undefined],
      ["idsecret", "", undefined],
    ].map(secretHash);
    assert.equal(new Set([one, ...others]).size, 4);
    assert.match(one, /^[0-9a-f]{64}$/);
  });
});
