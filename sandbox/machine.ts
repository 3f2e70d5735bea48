import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { createCgroup, removeCgroup } from "./cgroups.ts";
import { SandboxError } from "./error.ts";
import { instance } from "./instance.ts";
import { killStrays, namespaceName, namespacePath, removePodLinks } from "./network.ts";
import { systemPath } from "./packages.ts";
import { daemonPid, killDaemon, startDaemon } from "./process.ts";
import { toolchainDir } from "./toolchain/build.ts";

/** A program that runs on a machine for as long as the machine does: restarted when it ends, its output in rotated files. */
export interface Service {
  /** Its name, and its folder's. */
  name: string;
  /** Executable and arguments. */
  command: string[];
  /** Variables of its environment beside PATH. */
  env?: Record<string, string>;
  /** Shell lines that run before it, each time that it starts. */
  before?: string[];
}

/** Nearly all services are Go's: they collect their garbage half as often as by default, for up to half as much memory again. */
const GO = { GOGC: "200" };

const templates = join(import.meta.dirname, "templates");

/** The folder with everything that a machine keeps: its services, their output, its `/var/lib` and `/var/log`. */
export function machineDir(name: string, ...parts: string[]): string {
  return join(instance().stateDir, "machines", name, ...parts);
}

/** The process id of a machine's first process, or undefined when the machine is down. */
export function machinePid(name: string): number | undefined {
  return daemonPid({ folder: machineDir(name) });
}

/** Name of a machine's cgroup, below the root of every hierarchy. */
export function machineCgroup(name: string): string {
  return `${instance().prefix}/${name}`;
}

/**
 * Starts a machine that has a network unless it is up: namespaces of its own in which `tini` watches over `runsvdir`,
 * which runs the services. When its first process dies, everything in it dies, and its mounts are gone.
 *
 * @param services what runs on it; asked for only when the machine is down, for some services end when a file of theirs is
 *   written again
 * @returns whether it was down
 */
export async function startMachine(name: string, services: () => Promise<Service[]>): Promise<boolean> {
  if (machinePid(name) !== undefined) return false;
  await killStrays(namespaceName(name));
  await removePodLinks(name);
  for (const each of ["var/lib", "var/log", "services"]) await mkdir(machineDir(name, each), { recursive: true });
  for (const each of await services()) await writeService(name, each);
  // Cgroups of pods from its former life would hold kubelet up for seconds each.
  await removeCgroup(machineCgroup(name));
  const cgroups = await createCgroup(machineCgroup(name));
  await writeFile(machineDir(name, "cgroups"), cgroups.map((each) => `${each}\n`).join(""));
  await startDaemon({ folder: machineDir(name) }, [
    "nsenter",
    `--net=${namespacePath(name)}`,
    "unshare",
    "--mount",
    "--pid",
    "--fork",
    "--uts",
    "--ipc",
    "env",
    "-i",
    `PATH=${toolchainDir()}:${systemPath}`,
    "HOME=/root",
    "sh",
    join(templates, "daemon.sh"),
    machineDir(name),
    "sh",
    join(templates, "machine.sh"),
    machineDir(name),
    name,
  ]);
  return true;
}

/** Kills a machine as a power cut does: at once, all of it. Its network and its files stay. */
export async function killMachine(name: string): Promise<void> {
  await killDaemon({ folder: machineDir(name) });
}

/**
 * Stops a service of a running machine and leaves it stopped until `startService`.
 *
 * @throws SandboxError when the machine is down or has no such service
 */
export async function stopService(machine: string, service: string): Promise<void> {
  await control(machine, service, "force-stop");
}

/**
 * Starts a service that `stopService` stopped.
 *
 * @throws SandboxError when the machine is down or has no such service
 */
export async function startService(machine: string, service: string): Promise<void> {
  await control(machine, service, "start");
}

async function control(machine: string, service: string, command: "force-stop" | "start"): Promise<void> {
  if (machinePid(machine) === undefined) throw new SandboxError(`The machine ${machine} is not running.`);
  const folder = machineDir(machine, "services", service);
  await execa("sv", ["-w", "10", command, folder], { reject: false });
  // A service that had to be killed is reported as a failure, and may take a moment to be down: what counts is how it is then.
  const wanted = command === "start" ? "run:" : "down:";
  for (const end = Date.now() + 20_000; ; await sleep(200)) {
    const { stdout } = await execa("sv", ["status", folder], { reject: false });
    if (stdout.startsWith(wanted)) return;
    if (Date.now() > end) throw new SandboxError(`sv ${command} ${service} on ${machine} failed: ${stdout.trim()}`);
  }
}

/** Runs a command in a machine's namespaces, as a remote shell would, and returns what it wrote. */
export async function onMachine(machine: string, command: string[]): Promise<string> {
  const pid = machinePid(machine);
  if (pid === undefined) throw new SandboxError(`The machine ${machine} is not running.`);
  const enter = ["--target", String(pid), "--mount", "--uts", "--ipc", "--net", "--pid"];
  const { stdout } = await execa("nsenter", [...enter, ...command], {
    extendEnv: false,
    env: { PATH: `${toolchainDir()}:${systemPath}`, HOME: "/root" },
  });
  return stdout;
}

/** Writes a service the way runit wants it: a folder with `run` and a logger with its own `run`. */
async function writeService(machine: string, service: Service): Promise<void> {
  const folder = machineDir(machine, "services", service.name);
  const log = machineDir(machine, "log", service.name);
  await mkdir(join(folder, "log"), { recursive: true });
  await mkdir(log, { recursive: true });
  const env = Object.entries({ ...GO, ...service.env }).map(([name, value]) => `export ${name}=${quote(value)}`);
  const lines = [
    "#!/bin/sh",
    "exec 2>&1",
    ...env,
    ...(service.before ?? []),
    `exec ${service.command.map(quote).join(" ")}`,
  ];
  await writeScript(join(folder, "run"), lines);
  // Ten files of 1 MB at most.
  await writeFile(join(log, "config"), "s1000000\nn10\n");
  await writeScript(join(folder, "log", "run"), ["#!/bin/sh", `exec svlogd -tt ${quote(log)}`]);
  // What was stopped on purpose in a machine's former life starts with its next.
  await rm(join(folder, "down"), { force: true });
}

async function writeScript(path: string, lines: string[]): Promise<void> {
  await writeFile(path, `${lines.join("\n")}\n`);
  await chmod(path, 0o755);
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
