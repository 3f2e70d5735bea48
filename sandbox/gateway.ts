import { createConnection, createServer } from "node:net";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { SandboxError } from "./error.ts";
import { instance } from "./instance.ts";
import { kubectl } from "./kubectl.ts";
import { backboneNamespace } from "./network.ts";
import { loopbackPort, registryPort, type SandboxPlan, type SitePlan } from "./plan.ts";
import { daemonPid, killDaemon, startDaemon, type Daemon } from "./process.ts";

/** One port of the loopback gateway. */
export interface Entry {
  /** What is behind it: `site1 API`, `registry`, or `site1 NAMESPACE/SERVICE`. */
  name: string;
  /** Port on the instance's loopback address. */
  port: number;
  /** Address and port inside the sandbox. */
  target: string;
}

/** What is read of a Service. */
interface Service {
  metadata: { namespace: string; name: string };
  spec: { type?: string; ports?: { port: number; protocol?: string }[] };
  status: { loadBalancer?: { ingress?: { ip?: string }[] } };
}

function gateway(): Daemon {
  return { folder: join(instance().stateDir, "gateway") };
}

function file(name: string): string {
  return join(gateway().folder, name);
}

/** Every port of the gateway as it was last set up; empty before the first `up`. */
export function gatewayEntries(): Entry[] {
  return existsSync(file("entries.json")) ? (JSON.parse(readFileSync(file("entries.json"), "utf8")) as Entry[]) : [];
}

/**
 * Starts the gateway: a HAProxy outside the sandbox that listens on loopback only and connects from inside the backbone.
 * It has the API servers and the registry, and keeps the Services that were exposed.
 *
 * @throws SandboxError when a port is taken, with its number
 */
export async function ensureGateway(plan: SandboxPlan): Promise<void> {
  const fixed: Entry[] = [
    { name: "registry", port: loopbackPort(registryPort, 0), target: `${plan.hub.address}:${registryPort}` },
    ...plan.sites.map((site) => ({
      name: `${site.name} API`,
      port: loopbackPort(6443, site.index),
      target: `${site.control.address}:6443`,
    })),
  ];
  const others = gatewayEntries().filter((entry) => !fixed.some((each) => each.name === entry.name));
  await setEntries([...fixed, ...others]);
}

/** Stops the gateway. */
export async function stopGateway(): Promise<void> {
  await killDaemon(gateway());
}

/**
 * Gives every Service of type LoadBalancer of a site that has an address its ports on loopback, and takes away those of
 * Services that are gone. When two want one port, the first by name has it and the other is left out.
 *
 * @returns the site's Services with their ports
 * @throws SandboxError when a port is taken by a program outside the sandbox, with its number
 */
export async function exposeServices(site: SitePlan): Promise<Entry[]> {
  const { items } = JSON.parse(await kubectl(site.name, ["get", "services", "-A", "-o", "json"])) as {
    items: Service[];
  };
  const others = gatewayEntries().filter((entry) => !entry.name.startsWith(`${site.name} `) || isApi(entry));
  const used = new Set(others.map((entry) => entry.port));
  const entries: Entry[] = [];
  for (const { metadata, spec, status } of items) {
    const address = spec.type === "LoadBalancer" ? status.loadBalancer?.ingress?.[0]?.ip : undefined;
    if (!address) continue;
    for (const { port, protocol } of spec.ports ?? []) {
      const outside = loopbackPort(port, site.index);
      if (protocol === "UDP" || outside > 65535 || used.has(outside)) continue;
      used.add(outside);
      const name = `${site.name} ${metadata.namespace}/${metadata.name}`;
      entries.push({ name, port: outside, target: `${address}:${port}` });
    }
  }
  await setEntries([...others, ...entries]);
  return entries;
}

function isApi(entry: Entry): boolean {
  return entry.name.endsWith(" API");
}

/** Makes `entries` the ports of the gateway: starts it, reloads it, or finds that nothing changes. */
async function setEntries(entries: Entry[]): Promise<void> {
  const { loopback } = instance();
  const pid = daemonPid(gateway());
  const before = gatewayEntries();
  if (pid !== undefined && JSON.stringify(before) === JSON.stringify(entries)) return;

  const own = new Set(pid === undefined ? [] : before.map((entry) => entry.port));
  for (const { port, name } of entries) {
    if (own.has(port) || (await isFree(loopback, port))) continue;
    throw new SandboxError(
      `Port ${port} of ${loopback} is taken by another program, and ${name} is to be reached there: stop that program.`,
    );
  }
  await mkdir(gateway().folder, { recursive: true });
  await writeFile(file("haproxy.cfg"), configuration(entries));
  await writeFile(file("entries.json.new"), JSON.stringify(entries, undefined, 2));
  await rename(file("entries.json.new"), file("entries.json"));
  if (pid === undefined) {
    const start = join(import.meta.dirname, "templates/daemon.sh");
    await startDaemon(gateway(), ["sh", start, gateway().folder, "haproxy", "-W", "-f", file("haproxy.cfg")]);
  } else {
    process.kill(pid, "SIGUSR2");
  }
  await waitForPorts(entries);
}

function configuration(entries: Entry[]): string {
  const { loopback } = instance();
  const proxies = entries.map(
    ({ name, port, target }, index) =>
      `# ${name}\nlisten ${index}\n  bind ${loopback}:${port}\n  server target ${target} namespace ${backboneNamespace()}\n`,
  );
  const global = ["global", "  maxconn 2000", "  hard-stop-after 10s"];
  const defaults = ["defaults", "  mode tcp", "  timeout connect 5s", "  timeout client 1h", "  timeout server 1h"];
  return `${[...global, ...defaults].join("\n")}\n${proxies.join("")}`;
}

/** Waits until the gateway listens on all of its ports: a reload is asynchronous. */
async function waitForPorts(entries: Entry[]): Promise<void> {
  const { loopback } = instance();
  for (let waited = 0; waited < 10_000; waited += 50) {
    const answers = await Promise.all(entries.map((entry) => listens(loopback, entry.port)));
    if (answers.every(Boolean)) return;
    await sleep(50);
  }
  const check = await execa("haproxy", ["-c", "-f", file("haproxy.cfg")], { reject: false, all: true });
  throw new SandboxError(`The gateway does not listen on all of its ports.\n${check.all}`);
}

function isFree(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, address, () => server.close(() => resolve(true)));
  });
}

function listens(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, address);
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
