import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** Arguments of cronJob. */
export interface CronJobArgs {
  /** Name of the CronJob. */
  name: string;
  /** Where it stands. */
  namespace: pulumi.Input<string>;
  /** Labels of the CronJob and its Jobs. */
  labels: Record<string, string>;
  /** Five fields of cron, in UTC; undefined: it makes no Job by itself, and is only what others make theirs of. */
  schedule: string | undefined;
  /** Seconds after which a missed start is left out: less than the time between two where one may be missed. */
  startingDeadlineSeconds: number;
  /** What runs. */
  job: k8s.types.input.batch.v1.JobSpec;
}

/** What stands in the place of a schedule that does not count. */
const NEVER = "0 0 1 1 *";

/** A CronJob of which one Job runs at a time; the last that succeeded and three that failed stay to be looked at. */
export function cronJob(
  resource: string,
  { name, namespace, labels, schedule, startingDeadlineSeconds, job }: CronJobArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.batch.v1.CronJob {
  return new k8s.batch.v1.CronJob(
    resource,
    {
      metadata: { name, namespace, labels },
      spec: {
        schedule: schedule ?? NEVER,
        ...(schedule === undefined && { suspend: true }),
        timeZone: "Etc/UTC",
        concurrencyPolicy: "Forbid",
        startingDeadlineSeconds,
        successfulJobsHistoryLimit: 1,
        failedJobsHistoryLimit: 3,
        jobTemplate: { metadata: { labels }, spec: job },
      },
    },
    opts,
  );
}
