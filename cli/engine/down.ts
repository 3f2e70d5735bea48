import { prepareEngine, type EngineArgs } from "./engine.ts";
import { adoptInterrupted } from "./recover.ts";
import { refuseUnasked } from "./up.ts";

/**
 * Takes a stack down with Pulumi. Of a real site everything goes but what is protected: data, and what it stands in. Of a
 * sandbox only Pulumi's record of it is forgotten, since the clusters themselves are deleted.
 *
 * @throws UserError when it cannot ask, a choice of the user is missing, or Pulumi failed (it says itself why).
 */
export async function pulumiDown(args: EngineArgs): Promise<void> {
  refuseUnasked(args, "down");
  const { stack, sandbox, yes, report } = args;
  const engine = await prepareEngine(args);
  if (sandbox) {
    await engine.quiet(["stack", "rm", stack, "--force", "--yes", "--preserve-config"]);
    return;
  }
  await adoptInterrupted(engine, stack);
  await engine.shown([
    "destroy",
    "--stack",
    stack,
    "--config-file",
    engine.settings,
    "--refresh",
    "--exclude-protected",
    ...(yes ? ["--yes"] : []),
  ]);
  report(
    `what holds data is protected and still there; to give it up: pulumi state unprotect --all --stack ${stack}, then pulumi destroy`,
  );
}
