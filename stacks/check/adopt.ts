import { PROJECT, type Config } from "../config.ts";
import { excerpt, type Mistake } from "../mistakes.ts";
import { repeated, unknownName } from "./common.ts";

/** What is adopted is declared, and no app works on it before it is all here. */
export function checkAdopt({ database, apps = [] }: Partial<Config>): Mistake[] {
  if (database?.kind !== "patroni" || !database.adopt) return [];
  const adopted = database.adopt.databases;
  const declared = database.databases.map(({ name }) => name);
  return [
    ...repeated(adopted, (index) => `database.adopt.databases[${index}]`),
    ...adopted.flatMap((name, index) =>
      unknownName(`database.adopt.databases[${index}]`, name, declared, "a database of archipel:database"),
    ),
    ...apps.flatMap(({ bindings }, index): Mistake[] =>
      bindings.database !== undefined && adopted.includes(bindings.database)
        ? [
            {
              path: `${PROJECT}:apps[${index}].bindings.database`,
              found: excerpt(bindings.database),
              allowed: "a database that is not in archipel:database.adopt: the app would write before its data is here",
              hint: "bind the app after archipel adopt cut-over, when the database is taken out of adopt",
            },
          ]
        : [],
    ),
  ];
}
