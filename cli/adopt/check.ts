import type { AdoptedDatabase } from "../../stacks/plan.ts";
import type { Report } from "../step.ts";
import { UserError } from "../userError.ts";
import type { Adoption } from "./connections.ts";
import { readHere, readSource } from "./facts.ts";
import { judge, type Findings } from "./obstacles.ts";

/**
 * Looks at both sides of each database, and changes nothing.
 *
 * @returns what was found, by name of the database.
 */
export async function check(
  adoption: Adoption,
  databases: AdoptedDatabase[],
  report: Report,
): Promise<Record<string, Findings>> {
  const found: Record<string, Findings> = {};
  for (const database of databases) {
    report(database.name);
    found[database.name] = await checkOne(adoption, database);
  }
  return found;
}

async function checkOne(adoption: Adoption, database: AdoptedDatabase): Promise<Findings> {
  const { name } = database;
  try {
    return judge({
      name,
      user: adoption.adopt.user,
      declared: adoption.database.databases.find((one) => one.name === name)!.extensions,
      databases: adoption.adopt.databases.length,
      source: await readSource(adoption, database),
      here: await readHere(adoption, database),
    });
  } catch (error) {
    // The other databases are looked at all the same.
    if (!(error instanceof UserError)) throw error;
    return { obstacles: [error.message.replace(`database ${name}: `, "")], notes: [] };
  }
}

/** What was found, in lines. */
export function describeFindings(found: Record<string, Findings>): string {
  return Object.entries(found)
    .map(([name, { obstacles, notes }]) =>
      [
        `${name}: ${obstacles.length === 0 ? "nothing is in the way" : "in the way"}`,
        ...obstacles.map((one) => `  ${one}`),
        ...notes.map((one) => `  note: ${one}`),
      ].join("\n"),
    )
    .join("\n");
}

/** @throws UserError where something is in the way, with all of it. */
export function refuseObstacles(found: Record<string, Findings>): void {
  if (Object.values(found).every(({ obstacles }) => obstacles.length === 0)) return;
  throw new UserError(`nothing was changed\n${describeFindings(found)}`);
}
