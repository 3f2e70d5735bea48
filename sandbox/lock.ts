import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import lockfile from "proper-lockfile";
import { SandboxError } from "./error.ts";
import type { Report } from "./report.ts";

/**
 * Does `work` while no other command changes `path`, which need not exist: waits for one that does. The lock is beside it,
 * as `path`.lock; that of a killed command is given up after ten seconds.
 *
 * @throws SandboxError when another command is still at work after 30 minutes
 */
export async function locked<T>(path: string, report: Report, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const options = { realpath: false, lockfilePath: `${path}.lock`, stale: 10_000 };
  const release = await lockfile.lock(path, options).catch(async () => {
    report("Another command is at work here, or was killed just now: waiting for it");
    return lockfile
      .lock(path, { ...options, retries: { retries: 1800, factor: 1, minTimeout: 1000 } })
      .catch((error: unknown) => {
        throw new SandboxError(`Another command holds ${options.lockfilePath}: ${String(error)}`);
      });
  });
  try {
    return await work();
  } finally {
    await release();
  }
}
