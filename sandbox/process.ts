import { existsSync, readFileSync } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { dirname, join } from "node:path";
import { SandboxError } from "./error.ts";

/**
 * A process that outlives the command that started it. It holds a lock on `lock` for as long as it lives and has written
 * its process id and start time to `record` by itself, so that neither a killed command nor a recycled process id can
 * lead to a second one or to a signal for a stranger.
 */
export interface Daemon {
  /** Its folder: `record`, `lock` and `output.log`. */
  folder: string;
}

/** The process id of the daemon, or undefined when it is not running. */
export function daemonPid(daemon: Daemon): number | undefined {
  const record = join(daemon.folder, "record");
  if (!existsSync(record)) return undefined;
  const [pid, start] = readFileSync(record, "utf8").trim().split(" ");
  return start !== undefined && startTime(Number(pid)) === start ? Number(pid) : undefined;
}

/**
 * Starts a daemon unless it is running: `command` runs with a lock and writes its record before it becomes what it is to
 * be (`daemon-start.sh`).
 *
 * @returns its process id
 * @throws SandboxError when it is not there after 15 seconds, with the end of what it wrote
 */
export async function startDaemon(daemon: Daemon, command: string[]): Promise<number> {
  const running = daemonPid(daemon);
  if (running !== undefined) return running;
  await mkdir(daemon.folder, { recursive: true });
  const log = await open(join(daemon.folder, "output.log"), "a");
  const [program = "", ...args] = command;
  const child = spawn(program, args, { cwd: "/", detached: true, stdio: ["ignore", log.fd, log.fd] });
  let failure: string | undefined;
  child.on("error", (error) => (failure = error.message));
  child.on("exit", (code, signal) => (failure = `it ended with ${signal ?? code}`));
  child.unref();
  await log.close();
  for (let waited = 0; waited < 15_000; waited += 20) {
    const pid = daemonPid(daemon);
    if (pid !== undefined) return pid;
    if (failure !== undefined) break;
    await sleep(20);
  }
  throw new SandboxError(
    `${dirname(daemon.folder) === "/" ? program : daemon.folder} did not start: ${failure ?? "no record of it"}.\n` +
      lastLines(join(daemon.folder, "output.log"), 5),
  );
}

/** Kills a daemon and waits until it is gone, and with it everything in its process namespace if it has one. */
export async function killDaemon(daemon: Daemon): Promise<void> {
  const pid = daemonPid(daemon);
  if (pid === undefined) return;
  process.kill(pid, "SIGKILL");
  for (let waited = 0; waited < 30_000; waited += 20) {
    if (daemonPid(daemon) === undefined) return;
    await sleep(20);
  }
  throw new SandboxError(`Process ${pid} (${daemon.folder}) was killed 30 seconds ago and is still there.`);
}

/** When a process started, in clock ticks since boot, together with the boot; undefined when there is none. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Fields 3 and later follow the name, which may have spaces and parentheses of its own.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return undefined;
    return `${fields[19]}@${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}`;
  } catch {
    return undefined;
  }
}

function lastLines(path: string, count: number): string {
  return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n").slice(-count).join("\n") : "";
}
