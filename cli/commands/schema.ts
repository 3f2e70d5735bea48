import type { Command } from "commander";

/** `archipel schema`: the JSON Schema of stack files. */
export function addSchema(program: Command): void {
  program
    .command("schema")
    .description("print the JSON Schema of stack files, for editors (docs/stack.schema.json is this output)")
    .action(async () => {
      const { jsonSchema } = await import("../../stacks/config.ts");
      process.stdout.write(`${JSON.stringify(jsonSchema(), null, 2)}\n`);
    });
}
