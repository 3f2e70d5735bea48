import type { DatabasePlan } from "../../stacks/plan.ts";

/** ConfigMap that orders an upgrade to another major version: `archipel upgrade` makes it and takes it away. */
export const upgradeOrder = (plan: Pick<DatabasePlan, "name">): string => `${plan.name}-upgrade`;

/** The order itself, as the members read it: its number, the member that is upgraded, the version before, the one after. */
export const UPGRADE_ORDER = "upgrade-order";

/** How far the upgrade got, for the command that goes on with it. */
export const UPGRADE_STATE = "state";
