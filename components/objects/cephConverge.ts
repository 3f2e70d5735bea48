import type * as pulumi from "@pulumi/pulumi";
import type { CephPlan } from "../../stacks/cephPlan.ts";
import { clientLabel } from "../labels.ts";
import type { Platform } from "../platform.ts";
import { userSecretName } from "./names.ts";
import { gatewaySelector } from "./cephGateway.ts";
import { storeJob } from "./externalJob.ts";
import { objectsJob } from "./objectsJob.ts";

/** Arguments of cephConverge. */
export interface CephConvergeArgs {
  /** Ceph, as planned. */
  plan: CephPlan;
  /** Where the Job stands. */
  platform: Platform;
}

/**
 * The Job that makes the buckets, as their owner, and lets each user do what config says. The users themselves are Rook's:
 * it finds them there with their keys.
 */
export function cephConverge(
  name: string,
  { plan, platform }: CephConvergeArgs,
  opts: pulumi.CustomResourceOptions,
): void {
  const { host, port, region, buckets, users, mark } = plan;
  const store = { endpoint: `https://${host}:${port}`, region, manage: "rgw", owner: mark, buckets, users } as const;
  objectsJob(
    name,
    {
      store: plan.name,
      config: storeJob(store, (user) => user),
      platform,
      account: userSecretName(plan, plan.owner),
      users: Object.fromEntries(users.map(({ name: user }) => [user, userSecretName(plan, user)])),
      ca: plan.caSecret,
      podLabels: { [clientLabel("objects")]: "true" },
      flows: { egress: [{ namespace: plan.namespace, podLabels: gatewaySelector(plan), ports: [port] }] },
    },
    opts,
  );
}
