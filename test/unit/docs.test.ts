import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { drillFigures, drillFiguresPath } from "../../docs/drillFigures.ts";
import { drawDiagrams } from "../../docs/render.ts";
import { jsonSchema } from "../../stacks/config.ts";

const root = join(import.meta.dirname, "../..");

describe("what the docs hold", () => {
  it("pictures are drawn from their text: npm run docs", async () => {
    const diagrams = await drawDiagrams();
    assert.ok(diagrams.size > 0);
    for (const [path, svg] of diagrams) assert.equal(readFileSync(path, "utf8"), svg, path);
  });

  it("the page of the drills' figures is made from what they printed: npm run docs", () => {
    const page = drillFigures();
    assert.match(page, /^## node-loss$/m);
    assert.equal(readFileSync(drillFiguresPath, "utf8"), page);
  });

  it("the JSON Schema is the one of the config: npm run docs", () => {
    const committed = readFileSync(join(root, "docs/stack.schema.json"), "utf8");
    assert.equal(committed, `${JSON.stringify(jsonSchema(), null, 2)}\n`);
  });
});
