import { setTimeout as sleep } from "node:timers/promises";
import type { DatabasePlan, Plan, SitePlan } from "../../stacks/plan.ts";
import { podTroubles, type Pod } from "../apply/workloads.ts";
import { KubectlError, type Kubectl } from "../kubectl.ts";
import type { KubernetesObject } from "../render/manifests.ts";
import { isEnding, isFinished, isReady } from "../site/pods.ts";
import { UserError } from "../userError.ts";

/** Seconds that a database gets to be complete again. */
const COMPLETE_SECONDS = 300;

/** One site's database, and how to look at it and reach into it. */
export interface Target {
  /** The stack's plan. */
  plan: Plan;
  /** The site. */
  site: SitePlan;
  /** The database. */
  database: DatabasePlan;
  /** Namespace of its pods. */
  namespace: string;
  /** kubectl for the site's cluster. */
  kubectl: Kubectl;
}

/** A site's database; undefined where the site has none. */
export const databaseTarget = (plan: Plan, site: SitePlan, kubectl: Kubectl): Target | undefined =>
  site.database && { plan, site, database: site.database, namespace: site.namespaces.data.name, kubectl };

/** Runs a command where a member's Patroni runs, and gives what it printed. */
export const onMember = ({ kubectl, namespace }: Target, member: string, ...command: string[]): Promise<string> =>
  kubectl.run(["exec", `${member}-0`, "--namespace", namespace, "--container", "patroni", "--", ...command]);

/** A query as the superuser, on a member itself. */
export async function queryMember(
  target: Target,
  member: string,
  text: string,
  database = "postgres",
): Promise<string> {
  const psql = ["psql", "--no-align", "--tuples-only", `--dbname=${database}`, "--command", text];
  return (await onMember(target, member, ...psql)).trim();
}

/** Names of the members that take writes, as they say themselves; one that is away takes none. */
export async function primaries(target: Target): Promise<string[]> {
  const names = target.database.members.map(({ name }) => name);
  const answers = await Promise.all(
    names.map((name) =>
      queryMember(target, name, "SELECT pg_is_in_recovery()").catch((error: unknown) => {
        if (error instanceof KubectlError) return "t";
        throw error;
      }),
    ),
  );
  return names.filter((_, index) => answers[index] === "f");
}

/**
 * Waits until one member is the primary, all others confirm its commits, and every pod of the database is ready.
 *
 * @param seconds that it may take.
 * @param report told what is missing, whenever that changes.
 * @returns the primary.
 * @throws UserError when that takes too long, with what is missing.
 */
export async function untilComplete(
  target: Target,
  seconds = COMPLETE_SECONDS,
  report: (line: string) => void = () => undefined,
): Promise<string> {
  let missing = "";
  let news = "";
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(1000)) {
    if (missing !== news) report(missing);
    news = missing;
    try {
      missing = await whatIsMissing(target);
      if (missing !== "") continue;
      const [primary, second] = await primaries(target);
      if (primary === undefined || second !== undefined) missing = primary ? "two primaries" : "no primary";
      else missing = await whatIsNotConfirmed(target, primary);
      if (missing === "") return primary!;
    } catch (error) {
      // The API server itself may be on its way back.
      if (!(error instanceof KubectlError)) throw error;
      missing = error.message;
    }
  }
  throw new UserError(`the database is not complete after ${seconds} s: ${missing}`);
}

async function whatIsMissing({ kubectl, namespace, database }: Target): Promise<string> {
  // A backup or another Job beside them changes nothing.
  const selector = `app.kubernetes.io/instance=${database.name},app.kubernetes.io/name in (patroni,pgbouncer)`;
  const pods = await kubectl.list(["pods", "--namespace", namespace, "--selector", selector]);
  const serving = pods.filter((pod) => !isFinished(pod));
  const wanted = database.members.length + database.pooler.replicas;
  if (serving.length !== wanted) return `${serving.length} pods of ${wanted}`;
  // A pod that was told to end is ready until it does.
  const unready = serving.filter((pod) => !isReady(pod) || isEnding(pod));
  return unready.length > 0 ? `not ready: ${unready.map(describePod).join(", ")}` : "";
}

async function whatIsNotConfirmed(target: Target, primary: string): Promise<string> {
  const streaming = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'";
  const text = `${streaming} AND sync_state = 'quorum'`;
  const found = Number(await queryMember(target, primary, text).catch(() => "0"));
  const wanted = target.database.members.length - 1;
  return found === wanted ? "" : `${found} of ${wanted} replicas confirm commits`;
}

function describePod(pod: KubernetesObject): string {
  const troubles = podTroubles(pod as Pod);
  return pod.metadata.name + (troubles.length > 0 ? ` (${troubles.join("; ")})` : "");
}
