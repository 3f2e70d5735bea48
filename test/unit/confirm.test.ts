import assert from "node:assert/strict";
import { join } from "node:path";
import { execa } from "execa";

const root = join(import.meta.dirname, "../..");

/** Runs a question on a terminal of its own, and types an answer. @returns what was shown. */
async function answered(answer: string): Promise<string> {
  const question = { what: "All goes.", word: "everything", unasked: "do it --yes", refused: "nothing was done" };
  const program = `import { confirm } from "./cli/confirm.ts";
    await confirm(${JSON.stringify(question)}).then(() => console.log("done"), ({ message }) => console.log(message));`;
  const command = ["node", "--import", "tsx", "--input-type=module", "--eval", program];
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const { stdout } = await execa("script", ["--quiet", "--return", "--command", quoted, "/dev/null"], {
    cwd: root,
    input: `${answer}\n`,
  });
  return stdout;
}

describe("what cannot be undone", () => {
  it("is done for the word that was asked for, and for no other", async () => {
    const done = await answered("everything");
    assert.match(done, /All goes\.\s+Type everything to do it:/);
    assert.match(done, /\bdone\s*$/);
    for (const answer of ["", "yes", "Everything", "everything else"]) {
      assert.match(await answered(answer), /nothing was done\s*$/, answer);
    }
  }).timeout(60_000);
});
