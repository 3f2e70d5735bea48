import { readdirSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { execa } from "execa";
import { projectRoot } from "../../cli/projectRoot.ts";
import { kubeconfig } from "../../sandbox/sandbox.ts";
import { tool } from "../../sandbox/toolchain/build.ts";

const folder = join(projectRoot, "docs/runbooks");

/** Names of the runbooks. */
export const runbooks = (): string[] =>
  readdirSync(folder)
    .filter((file) => file !== "README.md")
    .map((file) => file.replace(/\.md$/, ""));

/** The lines of a runbook that run kubectl, without what only filters what they print. */
export const runbookCommands = (name: string): string[] =>
  Array.from(
    readFileSync(join(folder, `${name}.md`), "utf8").matchAll(/^ {4,}(kubectl .+?)(?: {2,}#.*| \| grep .*)?$/gm),
  ).map(([, command]) => command!);

/**
 * Runs a command of a runbook as an operator would.
 *
 * @param values what `$DATA` and the like stand for.
 * @returns what it printed.
 */
export async function runCommand(command: string, values: Record<string, string>): Promise<string> {
  const path = [dirname(tool("kubectl")), process.env["PATH"]].join(delimiter);
  const env = { ...values, PATH: path, KUBECONFIG: kubeconfig("site1") };
  return (await execa("bash", ["-c", command], { env, stdin: "ignore" })).stdout;
}
