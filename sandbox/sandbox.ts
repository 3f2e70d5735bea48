import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { furnishCluster, readyNodes, waitForApi, waitForDns, waitForNodes } from "./cluster.ts";
import { removeCgroup } from "./cgroups.ts";
import { controlServices } from "./control.ts";
import { SandboxError } from "./error.ts";
import { ensureGateway, exposeServices as expose, gatewayEntries, stopGateway, type Entry } from "./gateway.ts";
import { pushOwnImages } from "./images.ts";
import { instance } from "./instance.ts";
import { locked } from "./lock.ts";
import { killMachine, machinePid, startMachine } from "./machine.ts";
import { ensureNetworks, removeNetworks } from "./network.ts";
import { nodeServices } from "./node.ts";
import { ensurePackages, type PackageOptions } from "./packages.ts";
import { ensurePki, kubeconfigFile } from "./pki.ts";
import { allMachines, planSandbox, type SandboxPlan, type SitePlan } from "./plan.ts";
import { registryServices, registryUrl } from "./registry.ts";
import { Timings, type Report, type Timing } from "./report.ts";
import { recordedPlan, recordedSize, recordSize, type Size } from "./state.ts";
import { ensureToolchain } from "./toolchain/build.ts";
import { whyNot } from "./why-not.ts";

/** What `up` is asked for. */
export interface UpOptions extends PackageOptions {
  /** Least number of sites: a sandbox grows and never shrinks. Default: as many as there are, or 1. */
  sites?: number | undefined;
  /** Least number of nodes in each site. Default: as many as there are, or 1. */
  nodes?: number | undefined;
  /** Told one line per event worth showing. */
  report?: Report | undefined;
}

/** The sandbox as `status` found it. */
export interface Status {
  /** Whether there is one: `up` was called since the last `down`. */
  exists: boolean;
  /** Where images are pushed, as `host:port`. */
  registry: string;
  /** Machines by name, and whether they run. */
  machines: { name: string; running: boolean }[];
  sites: { name: string; kubeconfig: string; nodes: { name: string; ready: boolean }[] }[];
  /** The ports of the loopback gateway. */
  gateway: (Entry & { address: string })[];
}

/**
 * Stands up the sandbox, or what is missing of it: after a kill in the middle, or a reboot, it goes on.
 *
 * @returns how long each step took
 * @throws SandboxError with what to do, when the machine cannot host it or something does not start
 */
export async function up(options: UpOptions = {}): Promise<Timing[]> {
  const report = options.report ?? (() => undefined);
  const reason = whyNot();
  if (reason) throw new SandboxError(`There can be no sandbox here: ${reason}.`);
  return locked(instance().stateDir, report, async () => {
    const timings = new Timings(report);
    const size = grown(options);
    const plan = planSandbox(size.sites, size.nodes);
    await timings.measure("System packages", () => ensurePackages(options, report));
    await timings.measure("Toolchain", () => ensureToolchain(report));
    await recordSize(size);
    await timings.measure("Networks", () => ensureNetworks(plan));
    await timings.measure("Certificates", () => Promise.all(plan.sites.map(ensurePki)));
    await timings.measure("Control machines and gateway", async () => {
      await startMachine(plan.hub.name, () => registryServices(plan.hub.name));
      await Promise.all(plan.sites.map(startControl));
      await ensureGateway(plan);
    });
    const started = new Map<string, number>();
    await Promise.all([
      timings.measure("Own images", pushOwnImages),
      timings.measure("Nodes started, API servers ready", async () => {
        await Promise.all(plan.sites.map((site) => startNodes(site, started)));
        await Promise.all(plan.sites.map(waitForApi));
      }),
    ]);
    await timings.measure("Clusters furnished", () => Promise.all(plan.sites.map(furnishCluster)));
    await timings.measure("DNS ready", () => Promise.all(plan.sites.map(waitForDns)));
    await timings.measure("Nodes ready", () => Promise.all(plan.sites.map((site) => waitForNodes(site, started))));
    return timings.list;
  });
}

/**
 * Takes the sandbox down: its processes, namespaces, cgroups and state, volumes included. Built tools, pushed images and
 * the nodes' image stores stay in the cache. Without a sandbox it does nothing.
 */
export async function down(options: { report?: Report | undefined } = {}): Promise<Timing[]> {
  const report = options.report ?? (() => undefined);
  return locked(instance().stateDir, report, async () => {
    const timings = new Timings(report);
    const { stateDir, prefix } = instance();
    await timings.measure("Machines stopped", async () => {
      await stopGateway();
      const machines = join(stateDir, "machines");
      const names = existsSync(machines) ? await readdir(machines) : [];
      await Promise.all(names.map(killMachine));
    });
    await timings.measure("Networks removed", removeNetworks);
    await removeCgroup(prefix);
    await timings.measure("State removed", () => rm(stateDir, { recursive: true, force: true }));
    return timings.list;
  });
}

/** Looks at the sandbox and changes nothing. */
export async function status(): Promise<Status> {
  const plan = recordedPlan();
  const { loopback } = instance();
  return {
    exists: plan !== undefined,
    registry: registryUrl(),
    machines: plan ? allMachines(plan).map(({ name }) => ({ name, running: machinePid(name) !== undefined })) : [],
    sites: await Promise.all((plan?.sites ?? []).map(siteStatus)),
    gateway: gatewayEntries().map((entry) => ({ ...entry, address: `${loopback}:${entry.port}` })),
  };
}

/**
 * Path of the administrator's kubeconfig of a site, for any client on this computer.
 *
 * @throws SandboxError when the sandbox has no such site
 */
export function kubeconfig(site: string): string {
  return kubeconfigFile(sitePlan(site).name, "outside");
}

/**
 * Names of the machines that are a site's nodes: the same as their Kubernetes names.
 *
 * @throws SandboxError when the sandbox has no such site
 */
export function nodeMachines(site: string): string[] {
  return sitePlan(site).nodes.map((node) => node.name);
}

/**
 * Gives every Service of type LoadBalancer of a site its ports on loopback: see `loopbackPort`. To be called again when
 * Services have changed.
 *
 * @returns the site's Services with their ports
 * @throws SandboxError when the sandbox has no such site, or a port is taken by a program outside it
 */
export async function exposeServices(site: string, report: Report = () => undefined): Promise<Entry[]> {
  return locked(instance().stateDir, report, () => expose(sitePlan(site)));
}

/** The size that is asked for, or the present one where that is larger. */
function grown(options: UpOptions): Size {
  const present = recordedSize() ?? { sites: 1, nodes: 1 };
  return {
    sites: Math.max(present.sites, options.sites ?? 1),
    nodes: Math.max(present.nodes, options.nodes ?? 1),
  };
}

function sitePlan(name: string): SitePlan {
  const plan: SandboxPlan | undefined = recordedPlan();
  const site = plan?.sites.find((each) => each.name === name);
  if (site) return site;
  const sites = plan?.sites.map((each) => each.name).join(", ");
  throw new SandboxError(
    sites
      ? `The sandbox has no site ${name}: it has ${sites}.`
      : `There is no sandbox: start one with "archipel sandbox up".`,
  );
}

async function startControl(site: SitePlan): Promise<void> {
  await startMachine(site.control.name, () => controlServices(site));
}

/** Starts the nodes of a site that are down, and notes which and when. */
async function startNodes(site: SitePlan, started: Map<string, number>): Promise<void> {
  await Promise.all(
    site.nodes.map(async (node) => {
      const now = Date.now();
      if (await startMachine(node.name, () => nodeServices(site, node))) started.set(node.name, now);
    }),
  );
}

async function siteStatus(site: SitePlan): Promise<Status["sites"][number]> {
  const ready = await readyNodes(site.name);
  return {
    name: site.name,
    kubeconfig: kubeconfigFile(site.name, "outside"),
    nodes: site.nodes.map(({ name }) => ({ name, ready: ready.has(name) })),
  };
}
