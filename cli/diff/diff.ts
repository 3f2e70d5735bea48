import { existsSync } from "node:fs";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa, ExecaError } from "execa";
import { projectRoot } from "../projectRoot.ts";
import type { Resource } from "../render/evaluate.ts";
import { UserError } from "../userError.ts";
import { compare, type Difference } from "./compare.ts";

/**
 * Compares the work tree's evaluation of a stack with that of a git revision. Each is evaluated in its own process,
 * the revision in its own worktree, with this checkout's installed packages.
 *
 * @param revision any git revision.
 * @throws UserError when the revision does not exist or one of the two cannot be evaluated.
 */
export async function diffStack(stack: string, revision: string): Promise<Difference> {
  const folder = await mkdtemp(join(tmpdir(), "archipel-diff-"));
  const worktree = join(folder, "revision");
  try {
    await git(["worktree", "add", "--detach", "--quiet", worktree, revision], revision);
    await symlink(join(projectRoot, "node_modules"), join(worktree, "node_modules"));
    const hadStack = existsSync(join(worktree, `Pulumi.${stack}.yaml`));
    const [before, after] = await Promise.all([
      hadStack ? evaluateIn(worktree, stack, `revision ${revision}`) : [],
      evaluateIn(projectRoot, stack, "the work tree"),
    ]);
    return compare(before, after);
  } finally {
    await execa("git", ["worktree", "remove", "--force", worktree], { cwd: projectRoot, reject: false });
    await rm(folder, { recursive: true, force: true });
  }
}

async function git(args: string[], revision: string): Promise<void> {
  try {
    await execa("git", args, { cwd: projectRoot });
  } catch (error) {
    const reason = error instanceof ExecaError ? String(error.stderr) : String(error);
    throw new UserError(
      `cannot check out ${revision}: ${reason.trim()}\n  allowed: a branch, tag or commit of this repository`,
    );
  }
}

async function evaluateIn(root: string, stack: string, which: string): Promise<Resource[]> {
  const child = await execa(process.execPath, [join(root, "bin/archipel.js"), "render", stack, "--json"], {
    cwd: root,
    reject: false,
    stripFinalNewline: true,
  });
  if (child.exitCode !== 0) throw new UserError(`${which} cannot be evaluated:\n${child.stderr}`);
  return JSON.parse(child.stdout) as Resource[];
}
