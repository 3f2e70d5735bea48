import { join } from "node:path";
import { execa } from "execa";
import { kubectl, type Kubectl } from "../cli/kubectl.ts";
import { down, kubeconfig } from "../sandbox/sandbox.ts";
import { tool } from "../sandbox/toolchain/build.ts";

/** Figures of a local site that was stood up from nothing with warm caches. */
export interface SiteFigures {
  /** Seconds of each step of `archipel up`, and in all. */
  upSeconds: Record<string, number>;
  /** Seconds between the start of each database member's container and its being Ready. */
  membersReadySeconds: number[];
  /** Memory and CPU of the idle site by workload, all pods together. */
  footprint: Record<string, { megabytes: number; millicores: number }>;
}

const COMMAND = join(import.meta.dirname, "../bin/archipel.js");
/** Seconds that the site is left alone before its footprint is read. */
const IDLE_SECONDS = 60;

/** Stands the local stack up in a sandbox of its own, measures it, and takes it down. */
export async function measureSite(): Promise<SiteFigures> {
  const env = { ARCHIPEL_INSTANCE: "bench" };
  process.env["ARCHIPEL_INSTANCE"] = env.ARCHIPEL_INSTANCE;
  await down();
  try {
    const { stdout } = await execa(process.execPath, [COMMAND, "up", "local", "--yes", "--json"], { env });
    const { seconds } = JSON.parse(stdout) as { seconds: Record<string, number> };
    const total = Object.values(seconds).reduce((sum, one) => sum + one, 0);
    const client = kubectl(tool("kubectl"), kubeconfig("site1"));
    const membersReadySeconds = await memberStarts(client);
    await new Promise((resolve) => setTimeout(resolve, IDLE_SECONDS * 1000));
    return { upSeconds: { ...seconds, total }, membersReadySeconds, footprint: await footprint(client) };
  } finally {
    await down();
  }
}

interface Pod {
  status: {
    conditions: { type: string; lastTransitionTime: string }[];
    containerStatuses: { state: { running?: { startedAt: string } } }[];
  };
}

async function memberStarts(client: Kubectl): Promise<number[]> {
  const selector = "app.kubernetes.io/name=patroni";
  const pods = (await client.list(["pods", "--all-namespaces", "--selector", selector])) as unknown as Pod[];
  return pods.map(({ status }) => {
    const ready = status.conditions.find((one) => one.type === "Ready")!.lastTransitionTime;
    const started = status.containerStatuses[0]!.state.running!.startedAt;
    return (Date.parse(ready) - Date.parse(started)) / 1000;
  });
}

interface Summary {
  pods: {
    podRef: { name: string; namespace: string };
    memory?: { workingSetBytes: number };
    cpu?: { usageNanoCores: number };
  }[];
}

async function footprint(client: Kubectl): Promise<SiteFigures["footprint"]> {
  const text = await client.run(["get", "--raw", "/api/v1/nodes/site1-node1/proxy/stats/summary"]);
  const totals: SiteFigures["footprint"] = {};
  for (const { podRef, memory, cpu } of (JSON.parse(text) as Summary).pods) {
    if (!podRef.namespace.startsWith("local-")) continue;
    const workload = podRef.name.split("-")[0]!;
    const total = (totals[workload] ??= { megabytes: 0, millicores: 0 });
    total.megabytes += Math.round((memory?.workingSetBytes ?? 0) / 1024 ** 2);
    total.millicores += Math.round((cpu?.usageNanoCores ?? 0) / 1e6);
  }
  return totals;
}
