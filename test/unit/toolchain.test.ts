import assert from "node:assert/strict";
import { describeFailure } from "../../sandbox/toolchain/build.ts";

describe("a toolchain that cannot be built", () => {
  it("says that modules cannot be fetched, why, and what to do", () => {
    const get =
      'k8s.io/kubernetes@v1.35.4: Get "https://modules.example.org/k8s.zip": dial tcp: network is unreachable';
    const text = describeFailure(["go: downloading k8s.io/kubernetes v1.35.4", get, get, ""].join("\n"));
    assert.match(text, /^Go modules cannot be fetched/);
    assert.equal(text.split(get).length - 1, 1);
    assert.match(text, /GOPROXY/);
  });

  it("says that the disk is full, once", () => {
    const lines = ["a", "b"].map((file) => `go: writing stat cache: write /cache/${file}: no space left on device`);
    const text = describeFailure(lines.join("\n"));
    assert.match(text, /^The disk is full/);
    assert.equal(text.split("no space left").length - 1, 1);
  });

  it("says what the compiler said where that is what failed", () => {
    const text = describeFailure("# example.org/tool\n./main.go:3:1: syntax error\n");
    assert.match(text, /could not be built:\n# example.org\/tool\n.\/main.go:3:1: syntax error$/);
  });
});
