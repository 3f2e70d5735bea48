import { join } from "node:path";
import { execa } from "execa";
import { localStack, needsSandbox, type LocalStack } from "../cluster/support.ts";

/** CustomResourceDefinitions in the local stack's API server, and how to ask it about objects. */
export interface Definitions {
  /** The stack; undefined until the suite runs, and where it is skipped. */
  stack: () => LocalStack;
  /** Asks the API server whether it would accept objects; throws with its answer where it would not. */
  dryRun: (items: unknown[]) => Promise<string>;
}

/**
 * Installs definitions for the tests of a suite: those of a project's Go module, whose controllers are not needed to
 * check objects against them. Skips the suite, with the reason, where they cannot be had.
 *
 * @param module the module with its version.
 * @param paths files or folders in it.
 */
export const useDefinitions = (module: string, ...paths: string[]): Definitions =>
  useDefinitionFiles(module, async () => {
    const found = await download(module);
    return "reason" in found
      ? { reason: `it cannot be downloaded: ${found.reason}` }
      : { files: paths.map((path) => join(found.folder, path)) };
  });

/**
 * Installs definitions for the tests of a suite. Skips the suite, with the reason, where they cannot be had.
 *
 * @param what what they are called when they are missing.
 * @param find gives the files or folders, or why there are none.
 */
export function useDefinitionFiles(
  what: string,
  find: () => Promise<{ files: string[] } | { reason: string }>,
): Definitions {
  let stack: LocalStack | undefined;
  let files: string[] = [];

  before(async function () {
    needsSandbox(this);
    const found = await find();
    if ("reason" in found) {
      console.log(`    skipped: ${what}: ${found.reason}`);
      this.skip();
    }
    stack = await localStack();
    files = found.files.map((file) => `--filename=${file}`);
    await stack.kubectl.run(["apply", "--server-side", ...files]);
    await stack.kubectl.run(["wait", "--for=condition=Established", "--timeout=60s", ...files]);
  });

  after(async () => {
    // An API server that has just begun to serve a definition may take minutes until it can clear it away again.
    await stack?.kubectl.run(["delete", "--ignore-not-found", "--wait=false", ...files]);
  });

  return {
    stack: () => stack!,
    dryRun: (items) =>
      stack!.kubectl.run(
        ["apply", "--server-side", "--dry-run=server", "--validate=strict", "--filename", "-"],
        JSON.stringify({ apiVersion: "v1", kind: "List", items }),
      ),
  };
}

/** Folder of a module, or why it cannot be had. */
async function download(module: string): Promise<{ folder: string } | { reason: string }> {
  const { stdout, failed, shortMessage } = await execa("go", ["mod", "download", "-json", module], { reject: false });
  if (failed && !stdout) return { reason: String(shortMessage) };
  const { Dir, Error: reason } = JSON.parse(stdout) as { Dir?: string; Error?: string };
  return Dir ? { folder: Dir } : { reason: reason ?? "no folder" };
}
