import { PROJECT, type Config } from "../config.ts";
import {
  directConnections,
  directConnectionsOf,
  LEAST_PER_POOLER,
  maxConnections,
  RESERVED_CONNECTIONS,
} from "../connectionBudget.ts";
import { excerpt, type Mistake } from "../mistakes.ts";
import type { PatroniConfig } from "../schema/patroniDatabase.ts";
import type { CheckContext } from "./common.ts";

/** Apps come to members that there are, with no more connections than a member has. */
export function checkDirect({ apps = [], database }: Partial<Config>, { wrong }: CheckContext): Mistake[] {
  const direct = apps.flatMap((app, index) =>
    app.bindings.databaseDirect ? [{ app, path: `${PROJECT}:apps[${index}].bindings.databaseDirect` }] : [],
  );
  const alone = direct.filter(({ app }) => !app.bindings.database);
  return [
    ...alone.map(({ app, path }) => ({
      path,
      found: excerpt(app.bindings.databaseDirect),
      allowed: "nothing: the app is bound to no database",
      hint: "name one in bindings.database, or take it out here",
    })),
    ...(wrong.includes("database") ? [] : direct.flatMap((one) => noMembers(one.path, one.app, database))),
    ...(database?.kind === "patroni" ? tooMany(apps, direct.at(-1)?.path, database) : []),
  ];
}

function noMembers(path: string, app: Config["apps"][number], database: Config["database"]): Mistake[] {
  if (database?.kind !== "external" || !app.bindings.database) return [];
  return [
    {
      path,
      found: excerpt(app.bindings.databaseDirect),
      allowed: "nothing: archipel:database is of kind external, which has one host; DATABASE_URL leads to it",
      hint: "take it out here",
    },
  ];
}

/** A member bears the direct connections of all apps, and each pooler pod's fewest beside them. */
function tooMany(apps: Config["apps"], path: string | undefined, database: PatroniConfig): Mistake[] {
  const wanted = directConnections(apps);
  const there = maxConnections(database);
  const poolers = LEAST_PER_POOLER * database.pooler.replicas;
  const room = there - RESERVED_CONNECTIONS - poolers;
  if (path === undefined || wanted <= room) return [];
  const counted = apps.filter((app) => app.bindings.databaseDirect);
  return [
    {
      path,
      found: `${wanted} connections: ${counted.map((app) => `${app.name} ${directConnectionsOf(app)}`).join(", ")}`,
      allowed: `at most ${Math.max(room, 0)} for all apps, each with (replicas + 1) * connections: a member has ${there}, of which ${RESERVED_CONNECTIONS} are the platform's and ${poolers} the poolers'`,
      hint: "lower connections or replicas, or raise archipel:database.resources.memoryLimit",
    },
  ];
}
