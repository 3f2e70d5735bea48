import { PROJECT } from "../../stacks/config.ts";
import type { Mistake } from "../../stacks/mistakes.ts";
import type { SitePlan } from "../../stacks/plan.ts";
import type { ClusterFacts } from "./preflight.ts";

/**
 * A database that exists keeps the major version of PostgreSQL that it has until it is upgraded: the files of one version are
 * of no use to another.
 */
export function checkPostgresVersion(
  { database }: Pick<SitePlan, "database">,
  { postgres, upgrading }: Pick<ClusterFacts, "postgres" | "upgrading">,
): Mistake[] {
  if (!database) return [];
  const path = `${PROJECT}:database.version`;
  const found = String(database.version);
  if (upgrading) {
    return [
      {
        path,
        found: `${found}, and an upgrade that is not complete`,
        allowed: "a database whose upgrade is complete",
        hint: "archipel upgrade STACK goes on with it",
      },
    ];
  }
  if (postgres === undefined || postgres === database.version) return [];
  return [
    {
      path,
      found,
      allowed: `${postgres}: the database runs PostgreSQL ${postgres}`,
      hint:
        postgres < database.version
          ? `archipel upgrade STACK takes it to ${database.version}, after which this is accepted`
          : `set it to ${postgres}: there is no way back to an older version but a restore beside it, see docs/changes.md`,
    },
  ];
}
