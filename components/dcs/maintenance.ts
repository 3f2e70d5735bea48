import type * as pulumi from "@pulumi/pulumi";
import { cronJob } from "../cronJob.ts";
import { dataVolume } from "../data.ts";
import type { EtcdArgs } from "./etcd.ts";
import { jobLabels, jobPod, type JobPodArgs } from "./jobs.ts";
import { backendQuota } from "./settings.ts";

/** Claim of the snapshots' volume. */
const SNAPSHOTS = "etcd-snapshots";

/** Gives unused space back every night: etcd reuses it, but its file never shrinks by itself. */
export function defragmentation(name: string, args: EtcdArgs, opts: pulumi.CustomResourceOptions): void {
  maintenanceJob(name, { ...args, schedule: "17 3 * * *", script: "etcd-defragment", env: {}, volumes: [] }, opts);
}

/** Saves the DCS's content now and then on a volume of its own. */
export function snapshots(name: string, args: EtcdArgs, opts: pulumi.CustomResourceOptions): void {
  const { plan, platform } = args;
  const { everyMinutes, keep } = plan.snapshots;
  const claim = dataVolume(
    `${name}-data`,
    {
      claim: SNAPSHOTS,
      labels: jobLabels,
      size: `${snapshotGigabytes(plan.storage, keep)}Gi`,
      platform,
    },
    opts,
  );
  const folder = "/var/lib/etcd-snapshots";
  maintenanceJob(
    name,
    {
      ...args,
      schedule: everySchedule(everyMinutes),
      script: "etcd-snapshot",
      env: { DCS_SNAPSHOTS: folder, DCS_KEEP: String(keep) },
      volumes: [{ name: "snapshots", persistentVolumeClaim: { claimName: SNAPSHOTS }, mountPath: folder }],
    },
    { ...opts, dependsOn: [claim] },
  );
}

/** Room for the snapshots that are kept and the one that is being made, each as large as etcd's database may get. */
export const snapshotGigabytes = (storage: string, keep: number): number =>
  Math.ceil((backendQuota(storage) * (keep + 1)) / 2 ** 30);

/** Cron's words for minutes that divide a day evenly, as config has checked. */
export function everySchedule(minutes: number): string {
  if (minutes < 60) return `*/${minutes} * * * *`;
  return minutes === 1440 ? "37 2 * * *" : `37 */${minutes / 60} * * *`;
}

function maintenanceJob(
  name: string,
  { schedule, ...args }: JobPodArgs & { schedule: string },
  opts: pulumi.CustomResourceOptions,
): void {
  cronJob(
    name,
    {
      name: args.script,
      namespace: args.platform.namespaces.data,
      labels: jobLabels,
      schedule,
      startingDeadlineSeconds: 240,
      job: {
        backoffLimit: 2,
        activeDeadlineSeconds: 900,
        template: { metadata: { labels: jobLabels }, spec: jobPod(args) },
      },
    },
    opts,
  );
}
