import { shortHash } from "../components/hash.ts";
import type { AdoptionPlan } from "./plan.ts";
import type { PatroniConfig } from "./schema/patroniDatabase.ts";

/**
 * Decides under which names databases come from elsewhere.
 *
 * @param place stack and site, which tell two adoptions of one database apart.
 * @returns undefined where nothing comes.
 */
export function planAdoption({ adopt, databases }: PatroniConfig, place: string): AdoptionPlan | undefined {
  if (!adopt) return undefined;
  const owner = (name: string): string => databases.find((one) => one.name === name)?.owner ?? name;
  return {
    ...adopt,
    databases: adopt.databases.map((name) => ({
      name,
      owner: owner(name),
      // With the longest name of a database, as long as PostgreSQL lets names be.
      link: `adopt_${name}_${shortHash(place)}`,
    })),
  };
}
