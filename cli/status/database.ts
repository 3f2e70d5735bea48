import { STANZA } from "../../components/database/backrest.ts";
import { ARCHIVE_STATE, proofStates } from "../../components/database/metrics.ts";
import type { BackupPlan, DatabasePlan, RepositoryPlan } from "../../stacks/plan.ts";
import { onMember, primaries, queryMember, type Target } from "../database/target.ts";
import { KubectlError } from "../kubectl.ts";
import { infoCommand, parseInfo } from "../restore/backups.ts";
import { UserError } from "../userError.ts";

/** Seconds until a repository must have said what is in it. */
const ANSWER_SECONDS = 30;

/** What is known of a repository. */
export interface RepositoryFacts {
  /** Hours since the newest backup in it; undefined: it cannot be read, or has none. */
  backupHours?: number;
  /** Hours since a restore from it was proven; since the cluster's beginning where none was. */
  proofHours: number;
  /** What was wrong with the newest try to prove one; null: nothing. */
  problem: string | null;
  /** WAL segments that it lacks since its newest backup began; 0 where nobody knows. */
  missing: number;
}

/** What the primary says of itself. */
export interface DatabaseFacts {
  /** Replicas that follow it. */
  streaming: number;
  /** Whether the newest attempt to archive WAL failed. */
  archiveFails: boolean;
  /** WAL segments that wait to be archived. */
  waiting: number;
  /** The repositories by name. */
  repositories: Record<string, RepositoryFacts>;
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
  const none =
    "SELECT NULL::int AS repository, now() AS begun, NULL::timestamptz AS proven, NULL AS problem, NULL::int AS data_age_seconds";
  const states = backup
    ? proofStates(backup, known === "" ? none : undefined)
    : "SELECT '' AS repository, 0 AS age_seconds, '' AS problem LIMIT 0";
  const text = `
    SELECT json_build_object(
      'streaming', (SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'),
      'archiveFails', archive.failing,
      'waiting', archive.waiting_segments,
      'repositories', (
        SELECT coalesce(json_object_agg(repository, json_build_object('proofHours', age_seconds / 3600, 'problem', problem)), '{}')
        FROM (${states}) AS states))
    FROM (${ARCHIVE_STATE}) AS archive`;
  const planned = backup?.repositories ?? [];
  const [facts, gaps, hours] = await Promise.all([
    queryMember(target, primary, text),
    backup ? onMember(target, primary, "pg-archive-gaps") : "",
    Promise.all(planned.map((repository) => backupHours(target, primary, repository))),
  ]);
  const { repositories, ...rest } = JSON.parse(facts) as DatabaseFacts;
  const missing = parseGaps(gaps);
  const found = planned.map(({ name, number }, index) => {
    const seen = { backupHours: hours[index], missing: missing[number] ?? 0 };
    return [name, { ...repositories[name]!, ...seen }] as const;
  });
  return { ...rest, repositories: Object.fromEntries(found) };
}

/** Hours since the newest backup in a repository; undefined where it cannot be read, or has none. */
async function backupHours(target: Target, primary: string, repository: RepositoryPlan): Promise<number | undefined> {
  try {
    const info = await onMember(target, primary, "timeout", String(ANSWER_SECONDS), ...infoCommand(repository));
    return (Date.now() - parseInfo(info, repository.name).newest.getTime()) / 3_600_000;
  } catch (error) {
    if (error instanceof KubectlError || error instanceof UserError) return undefined;
    throw error;
  }
}

/** Missing segments by the repository's number, as the script `pg-archive-gaps` says them; of one that cannot be read, nothing. */
export const parseGaps = (text: string): Record<number, number> =>
  Object.fromEntries<number>(
    Array.from(text.matchAll(/^(\d+) (\d+) /gm), ([, number, missing]) => [Number(number), Number(missing)]),
  );

/** What is wrong with a database that has a primary, in words. */
export function describeTroubles(
  { streaming, archiveFails, waiting, repositories }: DatabaseFacts,
  { database, namespace, primary }: { database: DatabasePlan; namespace: string; primary: string },
): string[] {
  const look = `kubectl --namespace ${namespace}`;
  const exec = `${look} exec ${primary}-0 --container patroni --`;
  const replicas = database.members.length - 1;
  const { backup } = database;
  return [
    ...(streaming < replicas ? [`${streaming} of ${replicas} replicas follow; see: ${exec} patronictl list`] : []),
    ...(archiveFails
      ? [
          `a repository takes no WAL, ${waiting} segments wait; see: ${look} logs ${primary}-0 --container patroni | grep pgbackrest-archive`,
        ]
      : []),
    ...(backup?.repositories ?? []).flatMap(({ name }) =>
      repositoryTroubles(repositories[name]!, { name, backup: backup!, look, exec, prefix: database.name }),
    ),
  ];
}

/** What is wrong with one repository. */
function repositoryTroubles(
  { backupHours, proofHours, problem, missing }: RepositoryFacts,
  {
    name,
    backup,
    look,
    exec,
    prefix,
  }: { name: string; backup: BackupPlan; look: string; exec: string; prefix: string },
): string[] {
  const now = (job: string): string =>
    `${look} create job --from=cronjob/${prefix}-${job} ${job}-$(date +%s), then see its log`;
  const limit = backup.proofHours;
  return [
    ...(backupHours === undefined
      ? [`repository ${name} cannot be read, or has no backup; see: ${exec} pgbackrest --stanza=${STANZA} info`]
      : []),
    ...(backupHours! > limit
      ? [
          `the newest backup in repository ${name} is ${Math.floor(backupHours!)} hours old (limit: ${limit}); make one: ${now("backup-full")}`,
        ]
      : []),
    ...(missing > 0
      ? [
          `repository ${name} lacks ${missing} WAL segments since its newest backup: a restore from it ends there until its next backup; make one: ${now("backup-diff")}`,
        ]
      : []),
    ...(problem === null
      ? []
      : [`the newest restore from repository ${name} was not proven: ${problem}; prove one: ${now("restore-proof")}`]),
    ...(proofHours > limit
      ? [
          `no restore from repository ${name} was proven for ${Math.floor(proofHours)} hours (limit: ${limit}); prove one: ${now("restore-proof")}`,
        ]
      : []),
  ];
}
