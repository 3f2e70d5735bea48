import type { DatabasePlan, RestorePlan } from "../../stacks/plan.ts";

/** ConfigMap that orders a restore of a cluster that exists: `archipel restore` makes it and takes it away. */
export const restoreOrder = (plan: DatabasePlan): string => `${plan.name}-restore`;

/** Patroni's part of the order. */
export const ORDER_CONFIG = "zz-restore.yml";

/** The order itself: its number and the member that gives up its data for it. */
export const ORDER_MEMBER = "restore-order";

/** A moment as PostgreSQL and pgBackRest read it. */
export const recoveryTime = (at: Date): string => at.toISOString().replace("T", " ").replace("Z", "+00");

/** A restore; where an operator ordered it, with what only the repository of a cluster that exists can have. */
export interface OrderedRestore extends RestorePlan {
  /** Timeline to follow; undefined: the newest. */
  timeline?: number;
  /** Number of the order. */
  order?: string;
}

/** How Patroni begins a cluster from a backup: pgBackRest brings the files, PostgreSQL then replays the WAL. */
export function restoreBootstrap({ repository, at, timeline, order }: OrderedRestore): object {
  const target = at ? `'${recoveryTime(at)}'` : "latest";
  return {
    method: "restore",
    restore: {
      command: ["patroni-begin", "pg-restore", repository, target, ...(timeline ? [timeline] : [])].join(" "),
      // They say up to where PostgreSQL replays.
      keep_existing_recovery_conf: true,
      no_params: true,
    },
    post_bootstrap: ["pg-restore", "done", ...(order ? [order] : [])].join(" "),
  };
}
