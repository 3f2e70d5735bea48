import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { drawDiagrams } from "../../docs/render.ts";
import { jsonSchema } from "../../stacks/config.ts";

const root = join(import.meta.dirname, "../..");

describe("what the docs hold", () => {
  it("pictures are drawn from their text: npm run docs", async () => {
    const diagrams = await drawDiagrams();
    assert.ok(diagrams.size > 0);
    for (const [path, svg] of diagrams) assert.equal(readFileSync(path, "utf8"), svg, path);
  });

  it("the JSON Schema is the one of the config: npm run docs", () => {
    const committed = readFileSync(join(root, "docs/stack.schema.json"), "utf8");
    assert.equal(committed, `${JSON.stringify(jsonSchema(), null, 2)}\n`);
  });
});
