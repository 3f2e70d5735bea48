import { podLabels } from "../../components/database/pods.ts";
import type { RepositoryPlan } from "../../stacks/plan.ts";
import type { Target } from "../database/target.ts";
import type { KubernetesObject } from "../render/manifests.ts";
import { cronJobSpec, runJob, type JobEnd, type JobSpec } from "../site/jobs.ts";
import type { Report } from "../step.ts";
import { UserError } from "../userError.ts";
import { jobOf, objectNamed } from "./objects.ts";
import type { UpgradeOrder } from "./order.ts";

/** Seconds that a Job may take: as long as a backup. */
const JOB_SECONDS = 12 * 3600;

/** Seconds that a Job's pod gets when the Job is deleted: what is cut off begins again. */
const GRACE_SECONDS = 5;

/** Lines of what a Job said that an error shows. */
const LAST_LINES = 25;

/** Makes a backup now, as the clock would. */
export async function backUp(target: Target, type: "full" | "diff", report: Report): Promise<void> {
  const name = `${target.database.name}-backup-${type}`;
  const { succeeded, log } = await runJob(
    target,
    `${name}-upgrade`,
    await cronJobSpec(target, name),
    JOB_SECONDS,
    report,
  );
  if (!succeeded) throw new UserError(`the backup failed:\n${lastLines(log)}`);
}

/**
 * Upgrades a copy that is restored from a repository onto a volume of its own: what the upgrade would fail at, it fails at.
 *
 * @returns what it did, in lines.
 * @throws UserError with what it failed at.
 */
export async function rehearse(
  target: Target,
  objects: KubernetesObject[],
  { from, repository, report }: { from: number; repository: RepositoryPlan; report: Report },
): Promise<string[]> {
  const { name } = target.database;
  const spec = jobOf(objectNamed(objects, "CronJob", `${name}-restore-proof`));
  const [container] = spec.template.spec.containers;
  container!.command = [...container!.command.slice(0, -1), "pg-upgrade", "rehearse", `--repo=${repository.number}`];
  // The copy's servers have no business with the cluster's address and password.
  container!.env = [...container!.env!.filter((one) => one.name === "PGDATA"), ...environment(from, "link")];
  const { succeeded, log } = await runJob(target, `${name}-upgrade-rehearsal`, spec, JOB_SECONDS, report);
  if (succeeded) return log.split("\n").filter((line) => line.startsWith("pg-upgrade: "));
  throw new UserError(`the upgrade failed on a copy of the data: nothing was changed\n${lastLines(log)}`);
}

/** What is done to the data of the order's member, all members being stopped; see pg-upgrade. */
export type VolumeCommand = "run" | "back" | "discard";

/** Runs pg-upgrade on the volume of the order's member. */
export function onVolume(
  target: Target,
  objects: KubernetesObject[],
  { order, command, report }: { order: UpgradeOrder; command: VolumeCommand; report?: Report },
): Promise<JobEnd> {
  const name = `${target.database.name}-upgrade-${command}`;
  return runJob(target, name, volumeJob(target, objects, order, command), JOB_SECONDS, report);
}

/** The end of a Job's log, for an error. */
export const lastLines = (log: string): string =>
  log
    .trim()
    .split("\n")
    .slice(-LAST_LINES)
    .map((line) => `  ${line}`)
    .join("\n");

/** A Job in the member's place: its image, its memory, its mounts. */
function volumeJob(
  { database }: Target,
  objects: KubernetesObject[],
  { member, from }: UpgradeOrder,
  command: VolumeCommand,
): JobSpec {
  const { template } = objectNamed(objects, "StatefulSet", member)["spec"] as JobSpec;
  const { containers, volumes, ...pod } = structuredClone(template.spec) as JobSpec["template"]["spec"] &
    Record<string, unknown>;
  const { securityContext, image, env, resources, volumeMounts, ...own } = containers.find(
    ({ name }) => name === "patroni",
  )! as JobSpec["template"]["spec"]["containers"][number] & Record<string, unknown>;
  const kept = [
    "automountServiceAccountToken",
    "enableServiceLinks",
    "imagePullSecrets",
    "priorityClassName",
    "securityContext",
  ];
  return {
    template: {
      metadata: { labels: podLabels(database, "job") },
      spec: {
        ...Object.fromEntries(Object.entries(pod).filter(([key]) => kept.includes(key))),
        terminationGracePeriodSeconds: GRACE_SECONDS,
        volumes,
        containers: [
          {
            name: "upgrade",
            command: [...own.command.slice(0, -1), "pg-upgrade", command],
            // Others have what this one loses: its files may be shared. An only member keeps the old ones as they are.
            env: [...env!, ...environment(from, database.members.length > 1 ? "link" : "copy")],
            ...{ securityContext, image, resources, volumeMounts },
          },
        ],
      } as JobSpec["template"]["spec"],
    },
  };
}

const environment = (from: number, transfer: "link" | "copy"): { name: string; value: string }[] => [
  { name: "PG_FROM", value: String(from) },
  { name: "PG_TRANSFER", value: transfer },
];
