import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { instance } from "../../sandbox/instance.ts";
import { listProcesses } from "../../sandbox/processList.ts";

/** What the sandbox of the present instance has on this computer, outside its cache. */
export interface Traces {
  /** Command lines of its processes: what is accounted to its cgroups, or has its paths among its arguments. */
  processes: string[];
  /** Lines of the mount table. */
  mounts: string[];
  /** Named network namespaces. */
  namespaces: string[];
  /** Folders of its cgroups. */
  cgroups: string[];
}

/** Nothing. */
export const noTraces: Traces = { processes: [], mounts: [], namespaces: [], cgroups: [] };

/**
 * Looks for the sandbox's traces.
 *
 * @param machine only those of this machine; its network lasts as long as the sandbox and is left out
 */
export function findTraces(machine?: string): Traces {
  const { prefix, stateDir, imagesDir } = instance();
  const cgroup = machine ? `/${prefix}/${machine}/` : `/${prefix}/`;
  const paths = machine ? [join(stateDir, "machines", machine)] : [`${stateDir}/`, `${imagesDir}/`];
  const mounts = readFileSync("/proc/self/mounts", "utf8").trim().split("\n");
  const namespace = machine ? [] : [`/run/netns/${prefix}-`];
  return {
    processes: listProcesses().flatMap(({ pid, command, cgroups }) =>
      cgroups.includes(cgroup) || paths.some((path) => command.includes(path)) ? [`${pid} ${command}`] : [],
    ),
    mounts: mounts.filter((line) => [...paths, ...namespace].some((path) => line.includes(path))),
    namespaces: machine ? [] : list("/run/netns").filter((name) => name.startsWith(`${prefix}-`)),
    cgroups: machine ? [] : cgroupFolders(prefix),
  };
}

/** Network interfaces of this process's network namespace. */
export function interfaces(): string[] {
  return list("/sys/class/net");
}

/** Files that the computer's loop devices stand for: a volume is one. */
export const loopFiles = (): string[] =>
  list("/sys/block")
    .map((device) => join("/sys/block", device, "loop/backing_file"))
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, "utf8").trim());

/**
 * Entries of the system's folders into which container engines like to write. The folder of network namespaces is there for as
 * long as anybody has one: another sandbox too.
 */
export function systemFolders(): string[] {
  const folders = ["/run", "/var/lib", "/var/log", "/etc", "/etc/cni", "/opt"];
  const entries = folders.flatMap((folder) => list(folder).map((name) => join(folder, name)));
  return entries.filter((entry) => entry !== "/run/netns");
}

/** Process ids, with their commands, of everything that runs on the sandbox's machines as a service. */
export function servicePids(): string[] {
  const cgroup = `/${instance().prefix}/`;
  return listProcesses().flatMap(({ pid, cgroups, command }) =>
    // A logger or a pod's process may come and go.
    cgroups.includes(cgroup) && /^(tini|runsvdir|runsv|\S*kube|etcd|containerd |coredns|registry|metallb)/.test(command)
      ? [`${pid} ${command.slice(0, 60)}`]
      : [],
  );
}

function cgroupFolders(prefix: string): string[] {
  const root = "/sys/fs/cgroup";
  const hierarchies = [root, ...list(root).map((name) => join(root, name))];
  return hierarchies.map((hierarchy) => join(hierarchy, prefix)).filter((folder) => existsSync(folder));
}

function list(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}
