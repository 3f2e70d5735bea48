import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { furnishedNote } from "./control.ts";
import { SandboxError } from "./error.ts";
import { apply, kubectl, succeeds } from "./kubectl.ts";
import { machineDir, onMachine } from "./machine.ts";
import { metallbManifest, metallbSecret } from "./metallb.ts";
import type { SitePlan } from "./plan.ts";
import { template } from "./template.ts";
import { volumesScript } from "./volumes.ts";

/** Waits until a site's API server is ready. */
export async function waitForApi(site: SitePlan): Promise<void> {
  await until(`${site.name}'s API server is ready`, 120, () => succeeds(site.name, ["get", "--raw", "/readyz"]));
}

/** Gives a site what every cluster of the sandbox has, unless it has it: the Service of DNS, volumes, load balancers. */
export async function furnishCluster(site: SitePlan): Promise<void> {
  const values = { DNS: site.dnsService, CONTROL: site.control.address, SCRIPT: volumesScript };
  const objects = `${template("cluster.yaml", values)}---\n${await metallbManifest()}`;
  const pool = template("load-balancers.yaml", { ADDRESSES: site.loadBalancers });
  // The note lives as long as the cluster's data, and spares the next run the work.
  const note = furnishedNote(site);
  const furnished = `${objects}---\n${pool}`;
  if (existsSync(note) && readFileSync(note, "utf8") === furnished) return;

  await apply(site.name, objects);
  // One key for the cluster's whole life: it is made once, and only once.
  if (!(await succeeds(site.name, ["get", "secret", "memberlist", "-n", "metallb-system"]))) {
    await apply(site.name, metallbSecret());
  }
  await until(`${site.name} knows MetalLB's resources`, 30, () =>
    apply(site.name, pool).then(
      () => true,
      () => false,
    ),
  );
  writeFileSync(note, furnished);
}

/** Waits until a site's DNS has the cluster's Services. */
export async function waitForDns(site: SitePlan): Promise<void> {
  const ready = ["busybox", "wget", "-q", "-O", "-", `http://${site.control.address}:8181/ready`];
  await until(`${site.name}'s DNS is ready`, 60, () =>
    onMachine(site.control.name, ready).then(
      () => true,
      () => false,
    ),
  );
}

/**
 * Waits until all nodes of a site are Ready.
 *
 * @param started nodes that were started now, and when (milliseconds): what they said before does not count
 */
export async function waitForNodes(site: SitePlan, started: Map<string, number>): Promise<void> {
  await until(`${site.name}'s nodes are Ready`, 180, async () => {
    const ready = await readyNodes(site.name);
    return site.nodes.every(
      ({ name }) => (ready.get(name) ?? -1) >= Math.floor((started.get(name) ?? 0) / 1000) * 1000,
    );
  });
}

/**
 * The nodes of a site that are Ready, and when they last said so (milliseconds, to the second); none when its API server
 * does not answer.
 */
export async function readyNodes(site: string): Promise<Map<string, number>> {
  const json = await kubectl(site, ["get", "nodes", "-o", "json", "--request-timeout=5s"]).catch(() => '{"items":[]}');
  const { items } = JSON.parse(json) as { items: Node[] };
  return new Map(
    items.flatMap(({ metadata, status }): [string, number][] => {
      const ready = status.conditions?.find(({ type }) => type === "Ready");
      return ready?.status === "True" ? [[metadata.name, Date.parse(ready.lastHeartbeatTime)]] : [];
    }),
  );
}

/** What is read of a Node. */
interface Node {
  metadata: { name: string };
  status: { conditions?: { type: string; status: string; lastHeartbeatTime: string }[] };
}

/** Repeats `check` until it is true, for so many seconds. */
async function until(what: string, seconds: number, check: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await check())) {
    if (Date.now() > end)
      throw new SandboxError(
        `Waited ${seconds} seconds in vain until ${what}. The services' logs are below ${machineDir("")}.`,
      );
    await sleep(200);
  }
}
