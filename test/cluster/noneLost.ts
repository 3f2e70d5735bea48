import assert from "node:assert/strict";

/** What acknowledged data tests saw lost. */
const losses: string[] = [];

/** Asserts that nothing was lost that was acknowledged. A second try of the test does not make a loss undone. */
export function noneLost(what: string, lost: number): void {
  if (lost > 0) losses.push(`${what}: ${lost}`);
  assert.equal(lost, 0, `acknowledged and lost: ${what}`);
}

after("no test saw a loss", () => assert.deepEqual(losses, []));
