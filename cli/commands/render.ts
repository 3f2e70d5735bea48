import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";

/** `archipel render`: what a stack would make, offline. */
export function addRender(program: Command): void {
  program
    .command("render")
    .description("write the objects that a stack would make, without a cluster, credentials or network")
    .argument("<stack>", "name of the stack: Pulumi.<stack>.yaml")
    .option("--out <dir>", "folder for the files; default: print them")
    .option("--json", "print every resource with its options as JSON")
    .action(async (stack: string, { out, json }: { out?: string; json?: boolean }) => {
      const { evaluate } = await import("../render/evaluate.ts");
      const { renderFiles } = await import("../render/manifests.ts");
      const resources = await evaluate(stack);
      if (json) {
        process.stdout.write(`${JSON.stringify(resources)}\n`);
        return;
      }
      const files = renderFiles(resources);
      if (out === undefined) {
        for (const [path, text] of Object.entries(files)) process.stdout.write(`# ${path}\n${text}`);
        return;
      }
      await mkdir(out, { recursive: true });
      for (const [path, text] of Object.entries(files)) await writeFile(join(out, path), text);
      console.log(`${Object.keys(files).length} files in ${out}`);
    });
}
