import { PROJECT, type Config } from "../config.ts";
import { excerpt, type Mistake } from "../mistakes.ts";
import { LOGIN_NAME, WATCHER } from "../names.ts";
import { refuseParameter } from "../postgresParameters.ts";
import type { PatroniConfig } from "../schema/patroniDatabase.ts";
import { repeated } from "./common.ts";

/** Names that PostgreSQL and the platform use themselves. */
const RESERVED = ["postgres", "replicator", "rewind", "pgbouncer", "monitor", "template0", "template1"];

/** Databases and roles have names of their own; what the platform runs itself has settings that fit. */
export function checkDatabase({ database }: Partial<Config>): Mistake[] {
  if (!database) return [];
  const reserved = database.kind === "external" ? [...RESERVED, database.administrator, WATCHER] : RESERVED;
  const takenNames = (list: { name: string }[], key: string): Mistake[] => [
    ...repeated(
      list.map((one) => one.name),
      (index) => `database.${key}[${index}].name`,
    ),
    ...list.flatMap(({ name }, index) =>
      reserved.includes(name) || name.startsWith("pg_") || LOGIN_NAME.test(name)
        ? [
            {
              path: `${PROJECT}:database.${key}[${index}].name`,
              found: excerpt(name),
              allowed: `a name other than ${reserved.join(", ")}, pg_... and ..._g with a number, which logins have`,
            },
          ]
        : [],
    ),
  ];
  return [
    ...(database.kind === "patroni" ? checkPatroni(database) : []),
    ...takenNames(database.databases, "databases"),
    ...takenNames(database.roles, "roles"),
  ];
}

/** A pool of a size of its own is one of a database that config declares. */
const strangePools = ({ pooler, databases }: PatroniConfig): Mistake[] =>
  Object.keys(pooler.poolSizes)
    .filter((pool) => !databases.some(({ name }) => name === pool))
    .map((pool) => ({
      path: `${PROJECT}:database.pooler.poolSizes`,
      found: excerpt(pool),
      allowed: `names of databases: ${databases.map(({ name }) => name).join(", ") || "none is declared"}`,
    }));

/** Parameters are PostgreSQL's, with values that it takes; a primary asks twice before its lock ends; a commit can be confirmed. */
function checkPatroni(database: PatroniConfig): Mistake[] {
  const parameters = Object.entries(database.parameters).flatMap(([name, value]): Mistake[] => {
    const refusal = refuseParameter(name, value, database.version);
    return refusal ? [{ path: `${PROJECT}:database.parameters.${name}`, found: excerpt(value), ...refusal }] : [];
  });
  const { ttl, loop_wait, retry_timeout } = database.patroni;
  const least = loop_wait + 2 * retry_timeout;
  return [
    ...parameters,
    ...strangePools(database),
    ...(ttl < least
      ? [
          {
            path: `${PROJECT}:database.patroni.ttl`,
            found: excerpt(ttl),
            allowed: `at least ${least}, which is loop_wait + 2 * retry_timeout: a primary asks the DCS twice before its lock ends`,
            hint: "raise ttl, or lower one of the others",
          },
        ]
      : []),
    ...(database.members === 1 && database.whenAlone === "block"
      ? [
          {
            path: `${PROJECT}:database.whenAlone`,
            found: excerpt("block"),
            allowed: "degrade: with one member no commit would ever be confirmed by a replica",
            hint: "raise archipel:database.members to 3, or set degrade",
          },
        ]
      : []),
  ];
}
