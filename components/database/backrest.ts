import type { BackupPlan, DatabasePlan, RepositoryPlan } from "../../stacks/plan.ts";
import { dataFolder, PATHS, POSTGRES_PORT } from "./layout.ts";

/** Port on which a member's pgBackRest hands its data to a backup, with TLS and the client's certificate. */
export const BACKREST_PORT = 8432;

/** Where pgBackRest's configuration is in every pod. */
export const BACKREST_FOLDER = "/etc/pgbackrest";

/** Folder with the files of the repositories' Secret: keys and passphrases, and CAs. */
export const REPOSITORIES_FOLDER = `${BACKREST_FOLDER}/conf.d`;

/** Folder with the configurations of `archiveBackrest` and, in a folder of each one's name, the keys: pgbackrest-archive reads them. */
export const ALONE_FOLDER = `${BACKREST_FOLDER}/alone`;

/** Name of the database in its repositories. */
export const STANZA = "main";

/** Folder of every repository in its bucket. */
export const REPOSITORY_PATH = "/postgresql";

/** File with the CA of a repository that has one of its own. */
export const caFile = (repository: RepositoryPlan): string => `${repository.name}-ca.crt`;

/** Settings by section, as pgBackRest's files have them. */
type Sections = Record<string, Record<string, string | number>>;

const toIni = (sections: Sections): string =>
  Object.entries(sections)
    .map(([section, settings]) =>
      [`[${section}]`, ...Object.entries(settings).map(([key, value]) => `${key}=${value}`), ""].join("\n"),
    )
    .join("\n");

/**
 * pgBackRest's configuration on a member: its server hands the data to a backup, and lets nobody in but the client that is
 * called `adminName`.
 */
export function memberBackrest(plan: DatabasePlan, backup: BackupPlan): string {
  return toIni({
    global: {
      ...common(backup),
      "archive-async": "y",
      "spool-path": SPOOL,
      "tls-server-address": "*",
      "tls-server-port": BACKREST_PORT,
      "tls-server-ca-file": `${PATHS.tls}/ca.crt`,
      "tls-server-cert-file": `${PATHS.tls}/tls.crt`,
      "tls-server-key-file": `${PATHS.tls}/tls.key`,
      "tls-server-auth": `${plan.adminName}=${STANZA}`,
    },
    [STANZA]: ownMember(plan),
  });
}

/**
 * pgBackRest's configuration on a member for one repository alone: WAL goes out with it. What waits is not bounded here, since
 * pgBackRest would drop all of it, the newest too: pgbackrest-archive drops the oldest, for the repository that lacks it.
 */
export function archiveBackrest(plan: DatabasePlan, backup: BackupPlan, repository: RepositoryPlan): string {
  return toIni({
    global: {
      ...common({ ...backup, repositories: [repository] }),
      "log-level-console": "warn",
      // A repository that is away is tried again soon: each of a few requests is given up after twice that time.
      "io-timeout": 20,
      "archive-async": "y",
      "spool-path": `${SPOOL}/${repository.name}`,
      "lock-path": `${LOCKS}/${repository.name}`,
    },
    [STANZA]: ownMember(plan),
  });
}

/** What a member's pgBackRest keeps between two runs. */
const SPOOL = `${PATHS.home}/spool`;

/** Where pgBackRest keeps its locks. */
const LOCKS = "/tmp/pgbackrest";

/** The member's own PostgreSQL. */
const ownMember = (plan: DatabasePlan): Sections[string] => ({
  "pg1-path": dataFolder(plan.version),
  "pg1-socket-path": "/run/postgresql",
  "pg1-port": POSTGRES_PORT,
});

/**
 * pgBackRest's configuration of a Job: it reaches the members by TLS and prefers a replica, so that a backup costs the
 * primary little.
 *
 * @param tls folder with the client's certificate.
 */
export function jobBackrest(plan: DatabasePlan, backup: BackupPlan, tls: string): string {
  const members = plan.members.map(({ host }, index): [string, string | number][] => {
    const pg = `pg${index + 1}`;
    return [
      [`${pg}-host`, host],
      [`${pg}-host-type`, "tls"],
      [`${pg}-host-port`, BACKREST_PORT],
      [`${pg}-host-ca-file`, `${tls}/ca.crt`],
      [`${pg}-host-cert-file`, `${tls}/tls.crt`],
      [`${pg}-host-key-file`, `${tls}/tls.key`],
      [`${pg}-path`, dataFolder(plan.version)],
      [`${pg}-socket-path`, "/run/postgresql"],
      [`${pg}-port`, POSTGRES_PORT],
    ];
  });
  return toIni({
    global: { ...common(backup), "backup-standby": "prefer", "start-fast": "y" },
    [STANZA]: Object.fromEntries(members.flat()),
  });
}

/** What every pgBackRest of a database must see in the same way. */
function common({ repositories, keepFull }: BackupPlan): Record<string, string | number> {
  return {
    "log-level-console": "info",
    "log-level-file": "off",
    "lock-path": LOCKS,
    "process-max": 2,
    "compress-type": "zst",
    "archive-timeout": 120,
    ...Object.fromEntries(repositories.flatMap((one) => Object.entries(repository(one, keepFull)))),
  };
}

function repository(plan: RepositoryPlan, keepFull: number): Record<string, string | number> {
  const { number, endpoint, bucket, region, trust } = plan;
  const ca = { site: `${PATHS.tls}/ca.crt`, own: `${REPOSITORIES_FOLDER}/${caFile(plan)}`, public: undefined }[trust];
  const settings = {
    type: "s3",
    path: REPOSITORY_PATH,
    "s3-endpoint": endpoint,
    "s3-bucket": bucket,
    "s3-region": region,
    "s3-uri-style": "path",
    ...(ca && { "storage-ca-file": ca }),
    "cipher-type": "aes-256-cbc",
    bundle: "y",
    block: "y",
    "retention-full": keepFull,
  };
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [`repo${number}-${key}`, value]));
}
