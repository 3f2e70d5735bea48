import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../cli/projectRoot.ts";
import { renderFiles } from "../../cli/render/manifests.ts";
import { stackNames } from "../../cli/render/stackFile.ts";
import { filesStack } from "./filesStack.ts";
import { evaluateRaw, fixtureConfig, fixtureNames, golden, rawConfig } from "./support.ts";

/** `UPDATE_GOLDEN=1 npm test` writes the files anew; their difference is reviewed in git. */
const UPDATE = process.env["UPDATE_GOLDEN"] === "1";

/** Stacks that tests make while they run; git does not know them either. */
const OF_TESTS = [
  "adopttest",
  "changetest",
  "copytest",
  "drilltest",
  "edgestoretest",
  "externaltest",
  "failtest",
  "filestest",
  "garagetest",
  "outsideminiotest",
  "outsidetest",
  "realdrilltest",
  "realtest",
  "rebuildtest",
  "upgradetest",
];

/** Config of each stack by its name. */
const stacks = [
  ...stackNames(projectRoot)
    .filter((one) => !OF_TESTS.includes(one))
    .map((stack) => [stack, rawConfig(stack)] as const),
  ...fixtureNames().map((stack) => [stack, fixtureConfig(stack)] as const),
  ["files", filesStack] as const,
];

describe("golden files", () => {
  for (const [stack, config] of stacks) {
    it(`hold what the committed stack ${stack} makes`, async () => {
      const files = renderFiles(await evaluateRaw(stack, config));
      for (const [path, text] of Object.entries(files)) {
        if (UPDATE) {
          mkdirSync(join(import.meta.dirname, "golden", stack), { recursive: true });
          writeFileSync(join(import.meta.dirname, "golden", stack, path), text);
        }
        assert.equal(text, golden(stack, path), `${stack}/${path} differs: UPDATE_GOLDEN=1 npm test writes it anew`);
      }
    });
  }
});
