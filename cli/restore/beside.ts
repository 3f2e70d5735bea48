import { setTimeout as sleep } from "node:timers/promises";
import { recoveryTime } from "../../components/database/restore.ts";
import type { RepositoryPlan } from "../../stacks/plan.ts";
import { createJob, cronJobSpec } from "../site/jobs.ts";
import type { Target } from "../database/target.ts";
import type { Report } from "../step.ts";
import { UserError } from "../userError.ts";

/** What to restore beside the cluster. */
export interface BesideArgs {
  /** The database. */
  target: Target;
  /** Name of the instance. */
  name: string;
  /** Where from. */
  repository: RepositoryPlan;
  /** Moment; undefined: everything that is there. */
  at?: Date;
  /** Timeline to follow; undefined: the newest. */
  timeline?: number;
  /** Hours after which it goes. */
  hours: number;
  /** Told the news. */
  report: Report;
}

/** Name of the Job that is the instance. */
export const instanceJob = ({ database }: Target, name: string): string => `${database.name}-restored-${name}`;

/**
 * Restores into an instance of its own, on a volume that goes with it: the cluster is not touched.
 *
 * @returns what it said when it was ready.
 * @throws UserError where it cannot be, with what it said; it is gone then.
 */
export async function restoreBeside(args: BesideArgs): Promise<string> {
  const { target, name, hours, report } = args;
  const { kubectl, namespace, database } = target;
  const job = instanceJob(target, name);
  const [taken] = await kubectl.list(["job", job, "--namespace", namespace]);
  if (taken) throw new UserError(`there is an instance ${name} already\n  take it away: ${removal(target, name)}`);
  const spec = await cronJobSpec(target, `${database.name}-restore-proof`);
  const [container] = spec.template.spec.containers;
  container!.command = [...container!.command.slice(0, -1), "pg-scratch", ...options(args)];
  // Its own socket, as its own superuser: the cluster's address and password have no business here.
  container!.env = [
    ...(container!.env ?? []).filter((one) => one.name === "PGDATA"),
    { name: "PGHOST", value: "/run/postgresql" },
  ];
  await createJob(target, job, { ...spec, backoffLimit: 0, activeDeadlineSeconds: hours * 3600 });
  const log = (): Promise<string> => kubectl.run(["logs", `job/${job}`, "--namespace", namespace]).catch(() => "");
  for (let news = ""; ;) {
    const text = await log();
    const ready = /^pg-scratch: (ready.*)$/m.exec(text);
    if (ready) return ready[1]!;
    const [found] = await kubectl.list(["job", job, "--namespace", namespace]);
    const { failed = 0 } = (found?.["status"] ?? {}) as { failed?: number };
    if (!found || failed > 0) {
      await kubectl.run(["delete", "job", job, "--namespace", namespace, "--ignore-not-found"]);
      throw new UserError(`the restore failed, the cluster is as it was:\n${(await log()) || text}`);
    }
    const line = text.trim().split("\n").at(-1) || "its volume and pod are made";
    if (line !== news) report(line);
    news = line;
    await sleep(1000);
  }
}

/** The command that takes an instance away. */
export const removal = (target: Target, name: string): string =>
  `kubectl --namespace ${target.namespace} delete job ${instanceJob(target, name)}`;

function options({ repository, at, timeline }: BesideArgs): string[] {
  return [
    `--repo=${repository.number}`,
    ...(at ? ["--type=time", `--target=${recoveryTime(at)}`, "--target-action=promote"] : []),
    ...(timeline ? [`--target-timeline=${timeline}`] : []),
  ];
}
