import { UserError } from "../userError.ts";
import { prepareEngine, type EngineArgs, type Engine } from "./engine.ts";
import { adoptInterrupted } from "./recover.ts";

/** What a run of Pulumi did. */
export interface PulumiChanges {
  /** Resources that it made. */
  created: number;
  /** Resources that it changed in place. */
  updated: number;
  /** Resources that it replaced. */
  replaced: number;
  /** Resources that it deleted. */
  deleted: number;
  /** Resources that were as they should be. */
  same: number;
}

/**
 * Applies a stack with Pulumi. In a sandbox at once; on real sites Pulumi shows its preview and asks, unless `yes`. After a
 * run that was killed it goes on. With `refresh` it first looks what is there: what somebody took away is made again.
 *
 * @throws UserError when it cannot ask, a choice of the user is missing, or Pulumi failed (it says itself why).
 */
export async function pulumiUp(args: EngineArgs & { refresh?: boolean }): Promise<PulumiChanges> {
  refuseUnasked(args, "up");
  const { stack, sandbox, yes, refresh = false, report } = args;
  const engine = await prepareEngine(args);
  const interrupted = await adoptInterrupted(engine, stack);
  if (interrupted) report("the run before was killed: comparing with the clusters what it had begun");
  const asking = sandbox ? ["--yes", "--skip-preview"] : yes ? ["--yes"] : [];
  await engine.shown([
    "up",
    "--stack",
    stack,
    "--config-file",
    engine.settings,
    ...asking,
    ...(interrupted || refresh ? ["--refresh"] : []),
  ]);
  return lastChanges(engine, stack);
}

/** Without a terminal nobody can agree to the preview. */
export function refuseUnasked({ stack, sandbox, yes }: EngineArgs, command: "up" | "down"): void {
  if (sandbox || yes || process.stdin.isTTY) return;
  throw new UserError(
    `archipel ${command} ${stack} changes real sites, and there is no terminal to ask on\n  to see what would change: pulumi preview --stack ${stack}\n  to agree beforehand: archipel ${command} ${stack} --yes`,
  );
}

async function lastChanges(engine: Engine, stack: string): Promise<PulumiChanges> {
  const { stdout } = await engine.quiet([
    "stack",
    "history",
    "--stack",
    stack,
    "--json",
    "--page-size",
    "1",
    "--page",
    "1",
  ]);
  const [last] = JSON.parse(stdout) as { resourceChanges?: Record<string, number> }[];
  const { create = 0, update = 0, replace = 0, delete: deleted = 0, same = 0 } = last?.resourceChanges ?? {};
  return { created: create, updated: update, replaced: replace, deleted, same };
}
