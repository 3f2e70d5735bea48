import { PROJECT } from "../../stacks/config.ts";
import { UserError } from "../userError.ts";
import { prepareEngine } from "./engine.ts";
import { findPulumi } from "./find.ts";

/**
 * Reads a secret of a real stack's config, which only Pulumi can decrypt.
 *
 * @throws UserError without a Pulumi CLI or without what decrypts the secret.
 */
export async function readSecret(stack: string, key: string): Promise<string> {
  const pulumi = await findPulumi();
  if ("missing" in pulumi)
    throw new UserError(`${PROJECT}:${key} is encrypted, and only Pulumi reads it: ${pulumi.missing}`);
  const report = (line: string): void => console.error(line);
  const engine = await prepareEngine({ program: pulumi.program, stack, sandbox: false, yes: false, report });
  const args = ["config", "get", `${PROJECT}:${key}`, "--stack", stack, "--config-file", engine.settings];
  return (await engine.quiet(args)).stdout;
}
