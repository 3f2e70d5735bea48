import { createInterface } from "node:readline";
import { execa } from "execa";
import { UserError } from "../userError.ts";
import { serverWords } from "./serverWords.ts";

/** Line by which the end of an answer is known. */
const END = "-- end of answer --";

/**
 * A psql that stays connected. Whatever ends this program ends its standard input and with it the connection: the server
 * then takes back what was not committed.
 */
export class PsqlSession {
  readonly #child;
  readonly #ended: Promise<string>;
  #lines: string[] = [];
  #answer: ((lines: string[]) => void) | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  /**
   * @param program the program that leads to psql, with its arguments `args`.
   * @param what whose words an error repeats.
   */
  constructor(
    program: string,
    args: string[],
    private readonly what: string,
  ) {
    this.#child = execa(program, args, { reject: false, buffer: { stdout: false, stderr: true } });
    // What is written to a program that has ended is told by its end.
    this.#child.stdin.on("error", () => undefined);
    this.#ended = this.#child.then(({ stderr }) => serverWords(String(stderr)) || "the connection ended");
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      if (line !== END) this.#lines.push(line);
      else this.#answer?.(this.#lines.splice(0));
    });
  }

  /**
   * Asks; questions that are asked at the same time wait for each other.
   *
   * @returns the lines of the answer.
   * @throws UserError with what the server said; the connection is over then, and a transaction in it taken back.
   */
  query(text: string): Promise<string[]> {
    const asked = this.#queue.then(async () => {
      const answered = new Promise<string[]>((resolve) => (this.#answer = resolve));
      this.#child.stdin.write(`${text.trim().replace(/;$/, "")}\n;\\echo '${END}'\n`);
      const answer = await Promise.race([answered, this.#ended]);
      if (typeof answer === "string") throw new UserError(`${this.what} says: ${answer}`);
      return answer;
    });
    this.#queue = asked.catch(() => undefined);
    return asked;
  }

  /** Ends the connection. */
  async close(): Promise<void> {
    this.#child.stdin.end();
    await this.#ended;
  }
}
