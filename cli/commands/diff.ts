import type { Command } from "commander";

/** `archipel diff`: what changes between two revisions of program and config. */
export function addDiff(program: Command): void {
  program
    .command("diff")
    .description("show what a change of program or config would change, offline")
    .argument("<stack>", "name of the stack: Pulumi.<stack>.yaml")
    .option("--against <revision>", "git revision to compare the work tree with", "main")
    .option("--markdown", "Markdown for a merge request")
    .action(async (stack: string, { against, markdown }: { against: string; markdown?: boolean }) => {
      const { diffStack } = await import("../diff/diff.ts");
      const { toMarkdown, toText } = await import("../diff/format.ts");
      const difference = await diffStack(stack, against);
      process.stdout.write(markdown ? toMarkdown(stack, against, difference) : toText(difference));
    });
}
