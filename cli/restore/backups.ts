import { STANZA } from "../../components/database/backrest.ts";
import { toBytes } from "../../stacks/bytes.ts";
import type { DatabasePlan, RepositoryPlan } from "../../stacks/plan.ts";
import { cronJobSpec, runJob } from "../site/jobs.ts";
import type { Target } from "../database/target.ts";
import { UserError } from "../userError.ts";

/** What a repository can give back. */
export interface Backups {
  /** Earliest moment to which the database can be brought back in place: of the version that it has. */
  from: Date;
  /** Earliest moment of all, from before an upgrade too: an instance beside can have it. */
  earliest: Date;
  /** End of the newest backup. */
  newest: Date;
  /** Newest WAL segment, by its name. */
  newestWal: string;
  /** Bytes of the database in the newest backup. */
  bytes: number;
}

/** Seconds until a repository must have answered. */
const ANSWER_SECONDS = 120;

/** What belongs to one version of a database, by the number that the repository has for it: an upgrade begins a new one. */
interface OfDatabase {
  database: { id: number };
}

/** The status of a repository in `pgbackrest info` that could not be read: the command itself ends well. */
const UNREADABLE = 99;

/** One stanza of `pgbackrest info`. */
interface Stanza {
  repo: { status: { code: number; message: string } }[];
  backup: ({ error?: boolean | null; timestamp: { stop: number }; info: { size: number } } & OfDatabase)[];
  archive: ({ max: string | null } & OfDatabase)[];
}

/**
 * A repository of a database, by its name; the only one where there is no choice.
 *
 * @throws UserError where there is no such one, or no name and several.
 */
export function chooseRepository({ plan, database }: Target, name?: string): RepositoryPlan {
  const repositories = database.backup?.repositories ?? [];
  if (repositories.length === 0)
    throw new UserError(`stack ${plan.stack} has no backups: archipel:database.backup is none`);
  const found = name === undefined ? repositories[0] : repositories.find((one) => one.name === name);
  if (found) return found;
  throw new UserError(`there is no repository ${name}\n  allowed: ${repositories.map((one) => one.name).join(", ")}`);
}

/**
 * Asks a repository what it can give back. Needs no member, only the site's cluster.
 *
 * @throws UserError where it does not answer, or has no backup.
 */
export async function readBackups(target: Target, repository: RepositoryPlan): Promise<Backups> {
  const spec = await cronJobSpec(target, `${target.database.name}-backup-diff`);
  const [container] = spec.template.spec.containers;
  container!.command = infoCommand(repository);
  const { succeeded, log } = await runJob(target, `${target.database.name}-backup-info`, spec, ANSWER_SECONDS);
  if (!succeeded) throw unreadable(repository.name, log);
  return parseInfo(log, repository.name);
}

/** What is said of a repository that does not answer, with the reason. */
const unreadable = (repository: string, reason: string): UserError =>
  new UserError(`repository ${repository} cannot be read: nothing was changed\n${reason.trim()}`);

/** Asks a repository what is in it: parseInfo reads the answer. */
export const infoCommand = ({ number }: RepositoryPlan): string[] => [
  "pgbackrest",
  `--stanza=${STANZA}`,
  `--repo=${number}`,
  "--output=json",
  "--log-level-console=error",
  "info",
];

/**
 * What `pgbackrest info` says of one repository.
 *
 * @throws UserError where it could not be read, or has no backup.
 */
export function parseInfo(text: string, repository: string): Backups {
  const [stanza] = JSON.parse(text) as [Stanza?];
  const failure = stanza?.repo.find(({ status }) => status.code === UNREADABLE);
  if (failure) throw unreadable(repository, failure.status.message);
  const backups = (stanza?.backup ?? []).filter(({ error }) => !error);
  if (backups.length === 0)
    throw new UserError(`repository ${repository} has no backup to restore: nothing was changed`);
  const newest = Math.max(...[...backups, ...stanza!.archive].map(({ database }) => database.id));
  const current = ({ database }: OfDatabase): boolean => database.id === newest;
  const first = (some: Stanza["backup"]): Date =>
    new Date(Math.min(...some.map(({ timestamp }) => timestamp.stop)) * 1000);
  return {
    from: first(backups.filter(current)),
    earliest: first(backups),
    newest: new Date(Math.max(...backups.map(({ timestamp }) => timestamp.stop)) * 1000),
    newestWal:
      stanza!.archive
        .filter(current)
        .map(({ max }) => max ?? "")
        .toSorted()
        .at(-1) ?? "",
    bytes: backups.at(-1)!.info.size,
  };
}

/**
 * Refuses a backup that is larger than a member's volume.
 *
 * @throws UserError with both sizes.
 */
export function checkRoom({ bytes }: Backups, { storage }: Pick<DatabasePlan, "storage">): void {
  if (bytes <= toBytes(storage)) return;
  const needed = Math.ceil(bytes / 2 ** 30);
  throw new UserError(
    `the newest backup is ${needed} GiB, a member's volume is ${storage}: nothing was changed\n  allowed: a volume with room for it and its WAL\n  raise archipel:database.storage first`,
  );
}

/**
 * Refuses a moment that no backup reaches.
 *
 * @param from the earliest one.
 * @throws UserError with what is allowed.
 */
export function checkMoment(at: Date, from: Date, now = new Date()): void {
  const allowed = `\n  allowed: ${from.toISOString()} to now (${now.toISOString()}), or --latest`;
  if (at > now) throw new UserError(`${at.toISOString()} is in the future${allowed}`);
  if (at < from)
    throw new UserError(`${at.toISOString()} is before the end of the first backup that is kept${allowed}`);
}
