import { ARCHIVE_STATE, proofAges } from "../../components/database/metrics.ts";
import type { DatabasePlan } from "../../stacks/plan.ts";
import { primaries, queryMember, type Target } from "../database/target.ts";
import { KubectlError } from "../kubectl.ts";

/** What the primary says of itself. */
export interface DatabaseFacts {
  /** Replicas that follow it. */
  streaming: number;
  /** Whether the newest attempt to archive WAL failed. */
  archiveFails: boolean;
  /** WAL segments that wait to be archived. */
  waiting: number;
  /** Hours since each repository's last proof, by its number; since the cluster's beginning where there is none. */
  proofHours: Record<number, number>;
}

/** What a database's user must know: what is wrong, and what to do. Changes nothing. */
export async function databaseTroubles(target: Target): Promise<string[]> {
  const [primary] = await primaries(target);
  const { namespace, database } = target;
  const look = `kubectl --namespace ${namespace}`;
  if (!primary) {
    const member = `${database.members[0]!.name}-0`;
    return [`no member takes writes; see: ${look} exec ${member} --container patroni -- patronictl list`];
  }
  try {
    return describeTroubles(await readFacts(target, primary), { ...target, primary });
  } catch (error) {
    // It may have ended between two questions.
    if (error instanceof KubectlError) return [`${primary} does not answer: ${error.message}`];
    throw error;
  }
}

async function readFacts(target: Target, primary: string): Promise<DatabaseFacts> {
  const { backup } = target.database;
  const known = await queryMember(target, primary, "SELECT to_regclass('archipel.restore_proof')");
  const none = "SELECT NULL::int AS repository, NULL::timestamptz AS proven";
  const ages = backup
    ? proofAges(backup, known === "" ? none : undefined)
    : "SELECT 0 AS repository, 0 AS age_seconds LIMIT 0";
  const text = `
    SELECT json_build_object(
      'streaming', (SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'),
      'archiveFails', archive.failing,
      'waiting', archive.waiting_segments,
      'proofHours', (SELECT coalesce(json_object_agg(repository, age_seconds / 3600), '{}') FROM (${ages}) AS ages))
    FROM (${ARCHIVE_STATE}) AS archive`;
  return JSON.parse(await queryMember(target, primary, text)) as DatabaseFacts;
}

/** What is wrong with a database that has a primary, in words. */
export function describeTroubles(
  { streaming, archiveFails, waiting, proofHours }: DatabaseFacts,
  { database, namespace, primary }: { database: DatabasePlan; namespace: string; primary: string },
): string[] {
  const look = `kubectl --namespace ${namespace}`;
  const replicas = database.members.length - 1;
  const { backup } = database;
  const old = (backup?.repositories ?? []).filter(({ number }) => proofHours[number]! > backup!.proofHours);
  return [
    ...(streaming < replicas
      ? [
          `${streaming} of ${replicas} replicas follow; see: ${look} exec ${primary}-0 --container patroni -- patronictl list`,
        ]
      : []),
    ...(archiveFails
      ? [
          `WAL is not archived, ${waiting} segments wait; see: ${look} logs ${primary}-0 --container patroni | grep archive-push`,
        ]
      : []),
    ...old.map(
      ({ name, number }) =>
        `no restore from repository ${name} was proven for ${Math.floor(proofHours[number]!)} hours (limit: ${backup!.proofHours}); prove one: ${look} create job --from=cronjob/${database.name}-restore-proof proof-now, then see its log`,
    ),
  ];
}
