import { Command, CommanderError } from "commander";
import pc from "picocolors";
import { addAdopt } from "./commands/adopt.ts";
import { addDiff } from "./commands/diff.ts";
import { addDown } from "./commands/down.ts";
import { addDrill } from "./commands/drill.ts";
import { addEscrow } from "./commands/escrow.ts";
import { addObjects } from "./commands/objects.ts";
import { addRender } from "./commands/render.ts";
import { addRestore } from "./commands/restore.ts";
import { addSandbox } from "./commands/sandbox.ts";
import { addSchema } from "./commands/schema.ts";
import { addStatus } from "./commands/status.ts";
import { addUp } from "./commands/up.ts";
import { addUpgrade } from "./commands/upgrade.ts";
import { UserError } from "./userError.ts";

/** Exit code for a mistake of the user: wrong config, wrong arguments, a machine that cannot do what is asked. */
const USER_MISTAKE = 2;

// Each command imports what it needs when it runs, so that none waits for what another one needs.
const program = new Command("archipel")
  .description("A multi-site platform out of one reviewed stack config")
  .showHelpAfterError()
  .showSuggestionAfterError()
  .exitOverride();

addUp(program);
addDown(program);
addStatus(program);
addDrill(program);
addRestore(program);
addUpgrade(program);
addObjects(program);
addAdopt(program);
addEscrow(program);
addRender(program);
addDiff(program);
addSandbox(program);
addSchema(program);

// `archipel render local | head` closes the pipe early: that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

/** Prints what went wrong and gives the exit code. Only a defect of ours shows a stack trace. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USER_MISTAKE;
  if (error instanceof UserError || (error instanceof Error && error.name === "SandboxError")) {
    console.error(pc.red("error: ") + error.message);
    return USER_MISTAKE;
  }
  console.error(error);
  return 1;
}
