import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** A process of this computer. */
export interface RunningProcess {
  /** Its id, as this computer counts. */
  pid: number;
  /** Its command line, words separated by spaces. */
  command: string;
  /** Text of /proc/PID/cgroup. */
  cgroups: string;
}

/** Every process of this computer but this one and the kernel's own. */
export function listProcesses(): RunningProcess[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return [];
    try {
      // Kernel threads have no executable.
      readlinkSync(join("/proc", name, "exe"));
      const command = readFileSync(join("/proc", name, "cmdline"), "utf8")
        .replaceAll("\0", " ")
        .trim();
      return [{ pid: Number(name), command, cgroups: readFileSync(join("/proc", name, "cgroup"), "utf8") }];
    } catch {
      return [];
    }
  });
}

/** Sends a signal to processes; those that have ended meanwhile are passed over. */
export function signalAll(processes: RunningProcess[], signal: NodeJS.Signals): void {
  const alive = listProcesses();
  for (const { pid, cgroups } of processes) {
    if (!alive.some((one) => one.pid === pid && one.cgroups === cgroups)) continue;
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

/** Processes of a pod, by the pod's uid, oldest first; without the one that only holds its namespaces. */
export function podProcesses(uid: string): RunningProcess[] {
  return listProcesses().filter(({ cgroups, command }) => cgroups.includes(`/pod${uid}/`) && command !== "/pause");
}
