import { createInterface } from "node:readline/promises";
import { UserError } from "./userError.ts";

/** What confirm asks for. */
export interface Question {
  /** What would happen, in words. */
  what: string;
  /** What has to be typed. */
  word: string;
  /** The command that needs no answer, for where nobody can be asked. */
  unasked: string;
  /** What is said of the state of things where the answer is another one. */
  refused: string;
}

/**
 * Asks before something that cannot be undone.
 *
 * @throws UserError where the answer is another one, or there is no terminal to ask on.
 */
export async function confirm({ what, word, unasked, refused }: Question): Promise<void> {
  if (!process.stdin.isTTY) throw new UserError(`${what}\n  to do it: ${unasked}`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${what}\nType ${word} to do it: `);
  terminal.close();
  if (answer.trim() !== word) throw new UserError(refused);
}
