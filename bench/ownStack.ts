import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { stringify } from "yaml";
import { projectRoot } from "../cli/projectRoot.ts";
import { down } from "../sandbox/sandbox.ts";

/** Name of the sandbox in which such stacks stand, beside any that a person uses. */
const INSTANCE = "bench";

/**
 * Measures something in a stack of its own, which is taken down afterwards.
 *
 * @param name of the stack.
 * @param config of the stack: values by key.
 * @returns what was measured.
 */
export async function inOwnStack<T>(name: string, config: object, measure: () => Promise<T>): Promise<T> {
  const file = join(projectRoot, `Pulumi.${name}.yaml`);
  process.env["ARCHIPEL_INSTANCE"] = INSTANCE;
  // A run that was killed may have left it standing.
  await down();
  writeFileSync(file, stringify({ config }));
  try {
    const command = join(projectRoot, "bin/archipel.js");
    await execa(process.execPath, [command, "up", name, "--yes"], { stdio: ["ignore", "ignore", "inherit"] });
    return await measure();
  } finally {
    await down();
    rmSync(file, { force: true });
  }
}
