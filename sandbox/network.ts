import { existsSync, readFileSync } from "node:fs";
import { readdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { instance } from "./instance.ts";
import { allMachines, type Machine, type NodeMachine, type SandboxPlan } from "./plan.ts";

/** Folder in which `ip netns` keeps named network namespaces. */
const namespaces = "/run/netns";

/** The namespace in which all cables end: a bridge per site and one for the hub, and the routes between them. */
const backbone = "backbone";

/** Names that the pods' network gives to the ends of cables that nodes see. */
const POD_LINK = /^veth[0-9a-f]+$/;

/** Name of the network namespace of a machine, or of the backbone. */
export function namespaceName(machine: string): string {
  return `${instance().prefix}-${machine}`;
}

/** Path of the network namespace of a machine. */
export function namespacePath(machine: string): string {
  return join(namespaces, namespaceName(machine));
}

/** Name of the network namespace from which every address of the sandbox is reached. */
export function backboneNamespace(): string {
  return namespaceName(backbone);
}

/**
 * Makes the networks of all machines, or what is missing of them. Nothing of it is visible outside its namespaces: cables
 * are made inside the backbone, and their other ends inside the machines.
 */
export async function ensureNetworks(plan: SandboxPlan): Promise<void> {
  const mounted = readFileSync("/proc/self/mountinfo", "utf8");
  for (const name of [backbone, ...allMachines(plan).map((each) => each.name)]) {
    const path = namespacePath(name);
    if (mounted.includes(` ${path} `)) continue;
    // A file without a mount on it is what a killed command or a reboot leaves.
    await rm(path, { force: true });
    await execa("ip", ["netns", "add", namespaceName(name)]);
  }
  await ensureBackbone(plan);
  for (const machine of allMachines(plan)) await configureMachine(machine, plan);
}

/** Removes the network namespaces of this sandbox and, with them, their interfaces. */
export async function removeNetworks(): Promise<void> {
  for (const name of await existingNamespaces()) {
    await killStrays(name);
    await execa("ip", ["netns", "delete", name]);
  }
  // The first `ip netns add` of a computer makes this folder, and a mount on it that nobody removes.
  if (!existsSync(namespaces) || (await readdir(namespaces)).length > 0) return;
  await execa("umount", [namespaces], { reject: false });
  await rmdir(namespaces);
}

/** Kills what runs in a network namespace of this sandbox: a machine whose record was lost with the cache. */
export async function killStrays(namespace: string): Promise<void> {
  const { stdout } = await execa("ip", ["netns", "pids", namespace]);
  for (const pid of stdout.split("\n").filter(Boolean)) {
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // It was already gone with its machine's first process.
    }
  }
}

/** Names of the network namespaces of this sandbox that there are. */
export async function existingNamespaces(): Promise<string[]> {
  if (!existsSync(namespaces)) return [];
  const { stdout } = await execa("ip", ["netns", "list"]);
  // With an instance's name in it, a prefix may be the start of another one's.
  const own = new RegExp(`^${instance().prefix}-(backbone|hub|site\\d+-(control|node\\d+))$`);
  return stdout.split("\n").flatMap((line) => (own.test(line.split(" ")[0] ?? "") ? [line.split(" ")[0] ?? ""] : []));
}

/** Names of the interfaces that a node has for its pods. */
export async function podLinks(node: string): Promise<string[]> {
  const { stdout } = await execa("ip", ["-n", namespaceName(node), "-json", "link"]);
  return (JSON.parse(stdout) as { ifname: string }[]).map(({ ifname }) => ifname).filter((one) => POD_LINK.test(one));
}

/**
 * Removes the interfaces of pods that a node had in its former life. A computer that was off has none. Here the kernel keeps a
 * pod's network for as long as it tries to end the pod's connections, minutes where the cable was cut, and its route goes
 * away with it: by then it may be that of a new pod with the same address.
 */
export async function removePodLinks(node: string): Promise<void> {
  for (const link of await podLinks(node)) {
    // It may go by itself just now.
    await execa("ip", ["-n", namespaceName(node), "link", "delete", link], { reject: false });
  }
}

/** Unplugs a machine's cable. */
export async function cutNetwork(machine: string): Promise<void> {
  await execa("ip", ["-n", backboneNamespace(), "link", "set", machine, "down"]);
}

/** Plugs a machine's cable in again. */
export async function healNetwork(machine: string): Promise<void> {
  await execa("ip", ["-n", backboneNamespace(), "link", "set", machine, "up"]);
}

async function ensureBackbone(plan: SandboxPlan): Promise<void> {
  const { stdout } = await execa("ip", ["-n", backboneNamespace(), "-json", "link"]);
  const links = new Set((JSON.parse(stdout) as { ifname: string }[]).map((each) => each.ifname));
  const routers = new Map(allMachines(plan).map((each) => [each.network, each.router]));
  const lines: string[] = ["link set lo up"];
  for (const [network, router] of routers) {
    const bridge = bridgeName(network);
    if (!links.has(bridge)) lines.push(`link add ${bridge} type bridge`);
    lines.push(`addr replace ${router}/24 dev ${bridge}`, `link set ${bridge} up`);
  }
  for (const { name, network } of allMachines(plan)) {
    if (!links.has(name)) lines.push(`link add ${name} type veth peer name eth0 netns ${namespaceName(name)}`);
    lines.push(`link set ${name} master ${bridgeName(network)}`, `link set ${name} up`);
  }
  for (const node of plan.sites.flatMap((site) => site.nodes)) lines.push(podRoute(node));
  await configure(backbone, lines);
}

async function configureMachine(machine: Machine, plan: SandboxPlan): Promise<void> {
  const neighbours = plan.sites.filter((site) => site.name === machine.network).flatMap((site) => site.nodes);
  await configure(machine.name, [
    "link set lo up",
    `addr replace ${machine.address}/24 dev eth0`,
    "link set eth0 up",
    `route replace default via ${machine.router}`,
    ...neighbours.filter((node) => node.name !== machine.name).map(podRoute),
  ]);
}

function bridgeName(network: string): string {
  return `br-${network}`;
}

function podRoute(node: NodeMachine): string {
  return `route replace ${node.podCidr} via ${node.address}`;
}

/** Runs lines of `ip` in a namespace, in which packets are forwarded. */
async function configure(name: string, lines: string[]): Promise<void> {
  await execa("ip", ["-n", namespaceName(name), "-batch", "-"], { input: `${lines.join("\n")}\n` });
  // The file belongs to the network namespace of the process that opens it.
  const write = "echo 1 >/proc/sys/net/ipv4/ip_forward";
  await execa("nsenter", [`--net=${namespacePath(name)}`, "sh", "-c", write]);
}
