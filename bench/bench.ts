import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { projectRoot } from "../cli/projectRoot.ts";
import { evaluate } from "../cli/render/evaluate.ts";
import { whyNot } from "../sandbox/why-not.ts";
import { measureRender } from "./render.ts";
import { writeResults } from "./results.ts";
import { measureSite } from "./site.ts";

/** Number of lines of the largest TypeScript source file. */
async function largestFile(): Promise<{ file: string; lines: number }> {
  const { stdout } = await execa("git", ["ls-files", "*.ts", "*.cts"], { cwd: projectRoot });
  const files = stdout.split("\n").map((file) => ({
    file,
    lines: readFileSync(join(projectRoot, file), "utf8").split("\n").length - 1,
  }));
  return files.toSorted((a, b) => b.lines - a.lines)[0]!;
}

const reason = whyNot();
if (reason) console.error(`The site is not measured: ${reason}.`);
writeResults("results.json", {
  node: process.version,
  resources: (await evaluate("local")).length,
  largestFile: await largestFile(),
  render: await measureRender(),
  site: reason ? undefined : await measureSite(),
});
