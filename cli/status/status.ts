import type { Plan, SitePlan } from "../../stacks/plan.ts";
import { listWorkloads, podTroubles, readyCount, type Pod } from "../apply/workloads.ts";
import { databaseTarget } from "../database/target.ts";
import { KubectlError, type Kubectl } from "../kubectl.ts";
import { withSite, type SiteAccess } from "../site/access.ts";
import { UserError } from "../userError.ts";
import { raisedAlarms } from "./alarms.ts";
import { databaseTroubles } from "./database.ts";
import { copyTroubles } from "./objectsCopy.ts";
import { describeVolumes, type Claim } from "./volumes.ts";

/** One workload of a site. */
export interface WorkloadStatus {
  /** Kind, namespace and name. */
  name: string;
  /** Pods that are ready. */
  ready: number;
  /** Pods that there should be. */
  wanted: number;
  /** What its pods that are not ready say. */
  troubles: string[];
}

/** State of one site. */
export interface SiteStatus {
  /** Name of the site. */
  name: string;
  /** Whether every workload is ready, volumes are as large as config says, the database has its replicas, archive and proofs, the objects a copy, and no alarm is raised. */
  fine: boolean;
  /** Why nothing can be said, where that is so. */
  problem?: string;
  /** Its workloads. */
  workloads: WorkloadStatus[];
  /** Volumes that are smaller than config says, each with what to look at. */
  volumes: string[];
  /** What is wrong with its database, and what to do; empty where nothing is. */
  database: string[];
  /** What is wrong with the second copy of its objects; empty where nothing is, or there is none. */
  objects: string[];
  /** What the platform's own Prometheus raises alarms about, with the runbooks. */
  alarms: string[];
}

/** Looks at every site of a stack and changes nothing. */
export async function stackStatus(plan: Plan): Promise<SiteStatus[]> {
  return Promise.all(
    plan.sites.map(async (site) => {
      try {
        return await withSite(plan, site, (access) => siteStatus(plan, site, access));
      } catch (error) {
        if (!isExpected(error)) throw error;
        return {
          name: site.name,
          fine: false,
          problem: error.message,
          workloads: [],
          volumes: [],
          database: [],
          objects: [],
          alarms: [],
        };
      }
    }),
  );
}

/** What a cluster that is away, or a machine that cannot reach it, says. */
const isExpected = (error: unknown): error is Error =>
  error instanceof KubectlError ||
  error instanceof UserError ||
  (error instanceof Error && error.name === "SandboxError");

/** Seconds within which a cluster that is well has answered. */
const ANSWER_SECONDS = 10;

/**
 * Asks the cluster whether its API is ready.
 *
 * @throws UserError where it is not.
 */
async function askWhetherReady(kubectl: Kubectl): Promise<void> {
  await kubectl.run(["get", "--raw", "/readyz"], undefined, ANSWER_SECONDS).catch((error: unknown) => {
    if (!(error instanceof KubectlError)) throw error;
    const failed = error.message.match(/\[-\]\S+/g)?.join(", ") ?? error.message;
    throw new UserError(
      `its Kubernetes API is not ready: ${failed}\n  what runs there goes on meanwhile; look at the API server and its etcd`,
    );
  });
}

async function siteStatus(plan: Plan, site: SitePlan, { kubectl }: SiteAccess): Promise<SiteStatus> {
  await askWhetherReady(kubectl);
  const namespaces = Object.values(site.namespaces).map((one) => one.name);
  const [workloadsOfAll, found, claims] = await Promise.all([
    listWorkloads(kubectl),
    kubectl.list(["pods", "--all-namespaces"]),
    kubectl.list(["persistentvolumeclaims", "--all-namespaces"]),
  ]);
  const volumes = describeVolumes(
    (claims as Claim[]).filter(({ metadata }) => namespaces.includes(metadata.namespace!)),
  );
  const live = workloadsOfAll.filter((one) => namespaces.includes(one.metadata.namespace!));
  const pods = found as Pod[];
  const workloads = live
    .filter((one) => one.kind !== "Job")
    .map((one) => ({
      name: `${one.kind} ${one.metadata.namespace}/${one.metadata.name}`,
      ready: readyCount(one),
      wanted: one.spec.replicas ?? 1,
      troubles: troublesOf(one.metadata, pods),
    }));
  const problem = workloads.length === 0 ? `nothing of this stack runs here: archipel up ${plan.stack}` : undefined;
  const target = databaseTarget(plan, site, kubectl);
  const copy = site.objects?.copy;
  const [database, objects, alarms] = await Promise.all([
    target && !problem ? databaseTroubles(target) : [],
    copy && !problem ? copyTroubles(kubectl, { stack: plan.stack, copy, namespace: site.namespaces.data.name }) : [],
    problem ? [] : raisedAlarms(site, kubectl),
  ]);
  const ready = workloads.every((one) => one.ready >= one.wanted);
  const fine = !problem && ready && [...volumes, ...database, ...objects, ...alarms].length === 0;
  return { name: site.name, fine, problem, workloads, volumes, database, objects, alarms };
}

function troublesOf(owner: { name: string; namespace?: string }, pods: Pod[]): string[] {
  return pods
    .filter((pod) => pod.metadata.namespace === owner.namespace && pod.metadata.name.startsWith(`${owner.name}-`))
    .flatMap((pod) => podTroubles(pod).map((trouble) => `${pod.metadata.name}: ${trouble}`));
}
