import { readFile, writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { terminalSteps } from "../step.ts";
import { UserError } from "../userError.ts";

/** `archipel escrow`: what a rebuild needs when everything else is gone, sealed. */
export function addEscrow(program: Command): void {
  const escrow = program
    .command("escrow")
    .description("seal what a rebuild needs beside git and the off-site backups, and open it again");
  escrow
    .command("seal")
    .description("write a stack's config, secrets and backup passphrases into a file that only the recipients can open")
    .argument("[stack]", "name of the stack: Pulumi.<stack>.yaml", "local")
    .requiredOption("--recipient <key...>", "public keys of age (age1...) of those who may open it")
    .requiredOption("--out <file>", "the kit; an older one is replaced")
    .action(seal);
  escrow
    .command("open")
    .description("print a kit as JSON")
    .argument("<file>", "the kit")
    .requiredOption("--identity <file>", "file with a secret key of age")
    .action(open);
  escrow
    .command("key")
    .description("make a key pair: the secret key goes into a file, the public one is printed")
    .argument("<file>", "the new file, to be kept where the site's loss does not reach")
    .action(makeKey);
}

async function seal(stack: string, { recipient, out }: { recipient: string[]; out: string }): Promise<void> {
  const { planOf } = await import("../render/plan.ts");
  const { collectKit } = await import("../escrow/kit.ts");
  const { sealKit } = await import("../escrow/seal.ts");
  const kit = await terminalSteps({})("Collecting", () => collectKit(planOf(stack)));
  await writeFile(out, await sealKit(kit, recipient), { mode: 0o600 });
  const repositories = Object.entries(kit.passphrases).flatMap(([site, all]) =>
    Object.keys(all).map((one) => `${one} of ${site}`),
  );
  console.log(`${out} has the config, ${Object.keys(kit.secrets).length} secrets, and the passphrases of: ${repositories.join(", ") || "none"}.
  keep it, and a key that opens it, where the loss of the site does not reach
  seal it again when a secret changes or a site is made anew`);
}

async function open(file: string, { identity }: { identity: string }): Promise<void> {
  const { openKit } = await import("../escrow/seal.ts");
  console.log(JSON.stringify(await openKit(await readText(file), await readText(identity)), null, 2));
}

async function makeKey(file: string): Promise<void> {
  const { generateX25519Identity, identityToRecipient } = await import("age-encryption");
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  try {
    // A key that exists opens kits: it is never overwritten.
    await writeFile(file, `# public key: ${recipient}\n${identity}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST")
      throw new UserError(`${file} exists already: nothing was written`);
    throw error;
  }
  console.log(recipient);
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${(error as Error).message}`);
  }
}
