import type * as pulumi from "@pulumi/pulumi";
import type { ExternalObjectsPlan } from "../../stacks/objectsPlan.ts";
import type { Platform } from "../platform.ts";
import { userSecretName } from "./names.ts";
import { externalJob } from "./externalJob.ts";
import { objectsJob } from "./objectsJob.ts";

/** Name of the Secret with the key of the account that owns the buckets. */
export const accountSecretName = (plan: { name: string }): string => `${plan.name}-account`;

/** Arguments of externalConverge. */
export interface ExternalConvergeArgs {
  /** The store. */
  plan: ExternalObjectsPlan;
  /** Where the Job stands. */
  platform: Platform;
}

/** The Job that brings the service to what config says. */
export function externalConverge(
  name: string,
  { plan, platform }: ExternalConvergeArgs,
  opts: pulumi.CustomResourceOptions,
): void {
  objectsJob(
    name,
    {
      store: plan.name,
      config: externalJob(plan),
      platform,
      account: plan.account && accountSecretName(plan),
      users: Object.fromEntries(plan.users.map(({ name: user }) => [user, userSecretName(plan, user)])),
      ca: plan.caSecret,
      flows: { egress: [], worldPorts: [plan.port] },
    },
    opts,
  );
}
