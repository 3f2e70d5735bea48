import type { V1Job } from "@kubernetes/client-node";
import { PROJECT } from "../stacks/config.ts";
import type { Mistake } from "../stacks/mistakes.ts";
import type { DatabaseContentPlan, DatabasePlan, SitePlan } from "../stacks/plan.ts";

/** Annotation of a Job that sets passwords: the generation of each that it makes, by whose they are. */
const ANNOTATION = "archipel.io/generations";

/** Generations of passwords, by whose they are: `dcs`, `database` (the platform's own accounts there), or a role. */
export type Generations = Record<string, number>;

/** A generation of passwords that a cluster has, and whether the Job that makes it has succeeded. */
export interface LiveGeneration {
  generation: number;
  settled: boolean;
}

/** What the DCS's Job makes. */
export const dcsGenerations = (plan: { generation: number }): Generations => ({ dcs: plan.generation });

/** What a database's Job makes. */
export const databaseGenerations = (
  plan: DatabaseContentPlan & Partial<Pick<DatabasePlan, "generation">>,
): Generations => ({
  ...(plan.generation && { database: plan.generation }),
  ...Object.fromEntries(plan.roles.map(({ name, generation }) => [roleKey(name), generation])),
});

const roleKey = (role: string): string => `role ${role}`;

/** Annotations that say what a Job makes, for `liveGenerations`. */
export const generationAnnotations = (generations: Generations): Record<string, string> => ({
  [ANNOTATION]: JSON.stringify(generations),
});

/** The generations that a cluster's Jobs have made, or are making: of two Jobs that make the same, the newer one counts. */
export function liveGenerations(jobs: V1Job[]): Record<string, LiveGeneration> {
  const age = ({ metadata }: V1Job): number => metadata?.creationTimestamp?.getTime() ?? 0;
  const entries = [...jobs]
    .sort((one, other) => age(one) - age(other))
    .flatMap(({ metadata, status }) => {
      const made = JSON.parse(metadata?.annotations?.[ANNOTATION] ?? "{}") as Generations;
      const settled = (status?.succeeded ?? 0) > 0;
      return Object.entries(made).map(([key, generation]) => [key, { generation, settled }] as const);
    });
  return Object.fromEntries(entries);
}

/**
 * A generation is raised by one, once the one before is in force: the next passwords are set with those before, and clients
 * have these until they are told the next. Any other step would lock the platform, or apps, out.
 */
export function checkGenerations(
  { dcs, database, externalDatabase }: SitePlan,
  live: Record<string, LiveGeneration>,
): Mistake[] {
  const content = database ?? externalDatabase;
  const wanted = { ...(dcs && dcsGenerations(dcs)), ...(content && databaseGenerations(content)) };
  return Object.entries(wanted).flatMap(([key, generation]) => {
    const has = live[key];
    if (!has || generation === has.generation || (has.settled && generation === has.generation + 1)) return [];
    return [
      {
        path: pathOf(key, content?.roles ?? []),
        found: String(generation),
        allowed: has.settled
          ? `${has.generation}, which is in force, or ${has.generation + 1}: each is set with the one before`
          : `${has.generation}, which is being set: a Job has not succeeded yet`,
        hint: "apply one generation at a time, and never an earlier one",
      },
    ];
  });
}

/** Where config says a generation. Its roles come first in the plan, in its order: owners that it does not name have none to raise. */
function pathOf(key: string, roles: DatabaseContentPlan["roles"]): string {
  const index = roles.findIndex(({ name }) => roleKey(name) === key);
  return `${PROJECT}:${index < 0 ? key : `database.roles[${index}]`}.generation`;
}
