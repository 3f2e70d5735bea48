import assert from "node:assert/strict";
import fc from "fast-check";
import { checkStack } from "../../stacks/checkStack.ts";
import { UserError } from "../../cli/userError.ts";
import { evaluateRaw, rawConfig } from "./support.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Values that people put where something else belongs. */
const wrongValues: fc.Arbitrary<Json> = fc.constantFrom<Json>(
  null,
  true,
  -1,
  0,
  1e9,
  "",
  "x",
  "Ünïcode",
  "a b",
  "../..",
  [],
  {},
  [null],
  { a: 1 },
);

/** Every path to a value inside a config. */
function paths(value: Json, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [path];
  const entries: [string | number, Json][] = Array.isArray(value)
    ? value.map((one, at) => [at, one])
    : Object.entries(value);
  return [...(path.length > 0 ? [path] : []), ...entries.flatMap(([key, inner]) => paths(inner, [...path, key]))];
}

/** A copy with the value at `path` replaced, removed or misspelt. */
function mutate(config: Json, path: (string | number)[], how: "replace" | "remove" | "misspell", value: Json): Json {
  const copy = structuredClone(config);
  const parent = path.slice(0, -1).reduce<Json>((at, key) => (at as Record<string | number, Json>)[key]!, copy);
  const holder = parent as Record<string | number, Json>;
  const last = path.at(-1)!;
  if (how === "replace") holder[last] = value;
  else if (Array.isArray(parent)) parent.splice(last as number, 1);
  else {
    if (how === "misspell") holder[`${last}x`] = holder[last]!;
    delete holder[last];
  }
  return copy;
}

const base = rawConfig("local") as Json;
const archipelPaths = paths(base).filter(([key]) => String(key).startsWith("archipel:"));
const mutations = fc.record({
  path: fc.constantFrom(...archipelPaths),
  how: fc.constantFrom("replace" as const, "remove" as const, "misspell" as const),
  value: wrongValues,
});

const toValues = (config: Json): Record<string, string> =>
  Object.fromEntries(
    Object.entries(config as Record<string, Json>).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );

describe("mutated configs", () => {
  it("are accepted or refused with a path and what is allowed, never with an exception", () => {
    let refused = 0;
    fc.assert(
      fc.property(mutations, ({ path, how, value }) => {
        const { mistakes } = checkStack("local", toValues(mutate(base, path, how, value)));
        for (const mistake of mistakes) {
          assert.match(mistake.path, /^archipel:[a-zA-Z]+/);
          assert.ok(mistake.allowed.length > 3, mistake.path);
        }
        if (mistakes.length > 0) refused++;
      }),
      { numRuns: 600 },
    );
    assert.ok(refused > 200, `only ${refused} of 600 mutations were refused`);
  });

  it("render whenever they are accepted", async () => {
    await fc.assert(
      fc.asyncProperty(mutations, async ({ path, how, value }) => {
        try {
          assert.ok((await evaluateRaw("local", mutate(base, path, how, value) as Record<string, unknown>)).length > 0);
        } catch (error) {
          assert.ok(error instanceof UserError, `${(error as Error).stack}`);
          assert.match(error.message, /^Pulumi\.local\.yaml has \d+ mistakes?; nothing was changed\./);
        }
      }),
      { numRuns: 60 },
    );
  }).timeout(120_000);
});
