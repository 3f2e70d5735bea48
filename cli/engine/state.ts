import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import envPaths from "env-paths";
import { execa } from "execa";
import { instance } from "../../sandbox/instance.ts";
import { UserError } from "../userError.ts";

/** Arguments of chooseState. */
export interface StateArgs {
  /** Name or path of the Pulumi CLI. */
  program: string;
  /** Name of the stack. */
  stack: string;
  /** Whether all its sites are sandboxes. */
  sandbox: boolean;
  /** The stack's settings, as text of its YAML. */
  settings: string;
}

/** Where Pulumi keeps a stack's state and what decrypts its secrets. */
export interface State {
  /** What it is told by its environment. */
  env: Record<string, string>;
  /** What the user must know: files that were made. */
  notes: string[];
}

/** Without this a file backend writes a second file beside each, and a run killed in between leaves a state that cannot be read. */
const ONE_FILE = "?metadata=skip";

/** The folder of the engine's files of a sandbox: it lives and dies with the clusters that its state describes. */
export const sandboxFolder = (): string => join(instance().stateDir, "pulumi");

/**
 * Decides where the state of a stack is. What the user chose (PULUMI_BACKEND_URL, a login) is respected; a sandbox's state
 * is otherwise beside the sandbox.
 *
 * @throws UserError when a real site has no backend, or a passphrase is needed that only the user has.
 */
export async function chooseState(args: StateArgs): Promise<State> {
  const { sandbox } = args;
  const chosen = process.env["PULUMI_BACKEND_URL"];
  if (sandbox && !chosen) {
    const folder = sandboxFolder();
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const passphrase = await choosePassphrase(args, join(folder, "passphrase"));
    return {
      env: { PULUMI_BACKEND_URL: `file://${folder}${ONE_FILE}`, ...passphrase.env },
      notes: passphrase.notes,
    };
  }
  const backend = await currentBackend(args.program);
  // The service encrypts with keys of its own.
  if (backend.startsWith("https://")) return { env: {}, notes: [] };
  return choosePassphrase(args, join(envPaths("archipel", { suffix: "" }).config, `${args.stack}.passphrase`));
}

/** Address of the backend that the user chose by variable, by project or by login. */
async function currentBackend(program: string): Promise<string> {
  const child = await execa(program, ["whoami", "--json", "--non-interactive"], { reject: false });
  if (!child.failed) return (JSON.parse(child.stdout) as { url: string }).url;
  if (!child.stderr.includes("PULUMI_ACCESS_TOKEN"))
    throw new UserError(`Pulumi's backend does not answer:\n${child.stderr}`);
  throw new UserError(
    [
      "Pulumi does not know where to keep the state of your sites.",
      "  allowed: a backend outside of everything that the stack makes; choose once:",
      "    pulumi login 's3://BUCKET?endpoint=HOST'                a team: a versioned bucket, reachable by everyone who applies",
      "    pulumi login 'file://~/archipel-state?metadata=skip'    one person, on this machine: back it up",
      "    pulumi login                                            Pulumi's service",
      "  or set PULUMI_BACKEND_URL, then run this again",
    ].join("\n"),
  );
}

/** The passphrase that encrypts secrets in the state and the stack's settings; a file for it is made once. */
async function choosePassphrase({ stack, settings }: StateArgs, file: string): Promise<State> {
  const chosen = ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"].some((name) => name in process.env);
  if (chosen || /^secretsprovider: *(?!default|passphrase)\S/m.test(settings)) return { env: {}, notes: [] };
  const env = { PULUMI_CONFIG_PASSPHRASE_FILE: file };
  if (existsSync(file)) return { env, notes: [] };
  if (/^encryptionsalt:/m.test(settings)) {
    throw new UserError(
      `the secrets of Pulumi.${stack}.yaml are encrypted with a passphrase that is not here\n  set PULUMI_CONFIG_PASSPHRASE_FILE to the file that holds it, or put that file at ${file}`,
    );
  }
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, randomBytes(24).toString("base64url"), { mode: 0o600, flag: "wx" });
  return { env, notes: [`made a passphrase for the secrets in Pulumi's state: ${file} (keep a copy with the state)`] };
}
