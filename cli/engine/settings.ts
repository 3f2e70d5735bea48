import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "../projectRoot.ts";
import { sandboxFolder } from "./state.ts";

/** A stack's settings file as Pulumi is to use it. */
export interface Settings {
  /** Folder with the file and the project's file. */
  folder: string;
  /** Path of the file. */
  file: string;
}

const SALT = /^encryptionsalt:.*$/m;

/** The project's own settings file of a stack: Pulumi may write into it, and its user commits that. */
export const projectSettings = (stack: string): Settings => ({
  folder: projectRoot,
  file: join(projectRoot, `Pulumi.${stack}.yaml`),
});

/**
 * A copy for a sandbox: Pulumi writes the salt of its encryption into the settings, and that of a throw-away cluster does
 * not belong into a committed file. The salt of the copy before is kept, since it fits the state.
 */
export async function sandboxSettings(stack: string): Promise<Settings> {
  const folder = join(sandboxFolder(), "project");
  const name = `Pulumi.${stack}.yaml`;
  const file = join(folder, name);
  await mkdir(folder, { recursive: true });
  await copyFile(join(projectRoot, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
  const before = existsSync(file) ? await readFile(file, "utf8") : "";
  const committed = await readFile(join(projectRoot, name), "utf8");
  const salt = SALT.test(committed) ? undefined : SALT.exec(before)?.[0];
  await writeFile(file, salt ? `${committed.trimEnd()}\n${salt}\n` : committed);
  return { folder, file };
}
