import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { instance } from "./instance.ts";
import { planSandbox, type SandboxPlan } from "./plan.ts";

/** How large the sandbox is. */
export interface Size {
  /** Number of sites. */
  sites: number;
  /** Number of nodes in each. */
  nodes: number;
}

/** The size of the sandbox that there is, running or not, or undefined. */
export function recordedSize(): Size | undefined {
  const path = join(instance().stateDir, "sandbox.json");
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Size) : undefined;
}

/** The plan of the sandbox that there is, running or not, or undefined. */
export function recordedPlan(): SandboxPlan | undefined {
  const size = recordedSize();
  return size && planSandbox(size.sites, size.nodes);
}

/** Records the size of the sandbox, before anything of it is made. */
export async function recordSize(size: Size): Promise<void> {
  const { stateDir } = instance();
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const path = join(stateDir, "sandbox.json");
  await writeFile(`${path}.new`, JSON.stringify(size));
  await rename(`${path}.new`, path);
}
