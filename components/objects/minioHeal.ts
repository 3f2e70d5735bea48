import type * as pulumi from "@pulumi/pulumi";
import type { MinioPlan } from "../../stacks/objectsPlan.ts";
import { cronJob } from "../cronJob.ts";
import { labels } from "../labels.ts";
import type { Platform } from "../platform.ts";
import { minioClientPod, minioJobLabels } from "./minioClientPod.ts";

/** When it begins, in UTC: an hour with little to do, before the backups. */
const SCHEDULE = "23 0 * * *";

/** Seconds after which it gives up; the next night goes on. */
const PATIENCE = 6 * 3600;

/**
 * Completes every night what drives lack that took no writes for a while: MinIO would get to it by itself, but late, and
 * until then those objects bear one loss less. A server does the same when it starts; this is for drives that failed while
 * their server ran.
 */
export function minioHeal(
  name: string,
  { plan, platform }: { plan: MinioPlan; platform: Platform },
  opts: pulumi.CustomResourceOptions,
): void {
  const own = labels("heal", "minio");
  const pod = minioClientPod({ plan, platform, job: "heal", command: ["minio-heal", String(PATIENCE)] });
  cronJob(
    name,
    {
      name: `${plan.name}-heal`,
      namespace: platform.namespaces.data,
      labels: own,
      schedule: SCHEDULE,
      startingDeadlineSeconds: 3600,
      job: {
        backoffLimit: 2,
        activeDeadlineSeconds: PATIENCE + 600,
        template: {
          metadata: { labels: { ...own, ...minioJobLabels("heal") } },
          spec: pod,
        },
      },
    },
    opts,
  );
}
