import { readFile } from "node:fs/promises";
import { delimiter, dirname, isAbsolute } from "node:path";
import { execa } from "execa";
import { LOCK_VARIABLE } from "../../stacks/checkStack.ts";
import { projectRoot } from "../projectRoot.ts";
import { UserError } from "../userError.ts";
import { breakDeadLock } from "./recover.ts";
import { projectSettings, sandboxSettings } from "./settings.ts";
import { chooseState } from "./state.ts";

/** What a run of Pulumi needs to know. */
export interface EngineArgs {
  /** Name or path of the Pulumi CLI, by findPulumi. */
  program: string;
  /** Name of the stack. */
  stack: string;
  /** Whether all its sites are sandboxes: nothing is asked, and state and passphrase are made beside the sandbox. */
  sandbox: boolean;
  /** Kubeconfigs that hold the sites' contexts; default: the user's own. */
  kubeconfigs?: string[];
  /** Image lock instead of the one that config names. */
  imageLock?: string;
  /** Agrees to what Pulumi would ask; it is needed where there is no terminal. */
  yes: boolean;
  /** Told what the user must know, one line each. */
  report: (line: string) => void;
}

/** What a finished command of Pulumi printed. */
export interface Finished {
  /** Whether it failed. */
  failed: boolean;
  /** Standard output. */
  stdout: string;
  /** Standard error. */
  stderr: string;
}

/** Pulumi, ready for one stack. */
export interface Engine {
  /** Runs a command without a word. `reject: false`: its failure is the caller's to judge. */
  quiet: (args: string[], options?: { reject?: boolean; input?: string }) => Promise<Finished>;
  /** Runs a command before the user's eyes, on standard error; Pulumi prints its errors itself. */
  shown: (args: string[]) => Promise<void>;
  /** What Pulumi is told by its environment. */
  env: Record<string, string>;
  /** Path of the stack's settings file. */
  settings: string;
}

/**
 * Prepares Pulumi for a stack: backend, passphrase, settings, a stack that exists and that no dead run keeps locked.
 *
 * @throws UserError naming what the user must choose first.
 */
export async function prepareEngine(args: EngineArgs): Promise<Engine> {
  const { program, stack, sandbox, report } = args;
  const settings = sandbox ? await sandboxSettings(stack) : projectSettings(stack);
  const state = await chooseState({ program, stack, sandbox, settings: await readFile(settings.file, "utf8") });
  state.notes.forEach(report);
  const engine = { ...runner(args, state.env), settings: settings.file };
  await ensureStack(engine, stack, settings.folder);
  return engine;
}

function runner(args: EngineArgs, state: Record<string, string>): Pick<Engine, "quiet" | "shown" | "env"> {
  const { program, kubeconfigs, imageLock } = args;
  const env = {
    ...state,
    ...(kubeconfigs && { KUBECONFIG: kubeconfigs.join(delimiter) }),
    ...(imageLock && { [LOCK_VARIABLE]: imageLock }),
    // Its language host stands beside it.
    ...(isAbsolute(program) && { PATH: `${dirname(program)}${delimiter}${process.env["PATH"]}` }),
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
  const options = {
    cwd: projectRoot,
    env,
    reject: false,
    maxBuffer: 512 * 1024 * 1024,
  } as const;
  return {
    env,
    quiet: async (command, { reject = true, input } = {}) => {
      const child = await execa(program, [...command, "--non-interactive"], { ...options, input: input ?? "" });
      if (child.failed && reject) throw new UserError(`pulumi ${command.join(" ")} failed:\n${child.stderr.trim()}`);
      return { failed: child.failed, stdout: child.stdout, stderr: child.stderr };
    },
    shown: async (command) => {
      // Ctrl-C reaches Pulumi too, which finishes what it has begun: this process outlives it.
      const ignore = (): void => undefined;
      process.on("SIGINT", ignore);
      // Without a terminal its dots would fill the log.
      const quiet = process.stderr.isTTY ? [] : ["--suppress-progress"];
      const child = await execa(program, [...command, ...quiet], {
        ...options,
        stdio: ["inherit", process.stderr, process.stderr],
      });
      process.off("SIGINT", ignore);
      if (child.failed) {
        throw new UserError(
          `pulumi ${command[0]} did not finish: Pulumi says why above\n  once that is mended, run this again: it goes on from there`,
        );
      }
    },
  };
}

async function ensureStack(engine: Pick<Engine, "quiet">, stack: string, folder: string): Promise<void> {
  const init = () => engine.quiet(["stack", "init", stack, "--no-select", "--cwd", folder], { reject: false });
  const first = await init();
  const made = first.failed && (await breakDeadLock(engine, stack, first.stderr)) ? await init() : first;
  if (!made.failed || made.stderr.includes("already exists")) return;
  throw new UserError(`Pulumi cannot use the stack ${stack}:\n${made.stderr.trim()}`);
}
