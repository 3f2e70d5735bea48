import { BACKUP_USERS } from "../backupUsers.ts";
import { toBytes } from "../bytes.ts";
import { PROJECT, type Config } from "../config.ts";
import { excerpt, type Mistake } from "../mistakes.ts";
import { makesKeys } from "../objectsPlan.ts";
import { placesOfUser, type CheckContext } from "./common.ts";

const PATH = `${PROJECT}:database.backup`;

/** Backups have a place, room for what waits, and keys that nobody else uses. */
export function checkBackup({ database, objects, apps = [] }: Partial<Config>, { wrong }: CheckContext): Mistake[] {
  if (database?.kind !== "patroni") return [];
  const { backup } = database;
  if (backup === "none") return database.bootstrap === "empty" ? [] : [nothingToBeginFrom(database.bootstrap)];
  const mistakes: Mistake[] = [];
  if (backup.site === "none" && backup.offsite === "none") {
    mistakes.push({
      path: PATH,
      found: "site: none, offsite: none",
      allowed: "at least one repository, or backup: none",
      hint: "say backup: none if the data may be lost",
    });
  }
  if (backup.site !== "none" && !objects && !wrong.includes("objects")) {
    mistakes.push({
      path: `${PATH}.site`,
      found: excerpt(backup.site),
      allowed: "none: this stack has no archipel:objects that could hold backups",
      hint: "declare archipel:objects, or say site: none",
    });
  }
  if (backup.queue && toBytes(backup.queue) > toBytes(database.storage) / 2) {
    mistakes.push({
      path: `${PATH}.queue`,
      found: excerpt(backup.queue),
      allowed: `at most half of the volume of a member (archipel:database.storage is ${database.storage})`,
    });
  }
  if (backup.site !== "none" && backup.site.keepDays === "none" && backup.site.objectLock) {
    mistakes.push({
      path: `${PATH}.site.objectLock`,
      found: excerpt(backup.site.objectLock),
      allowed: "nothing beside keepDays: none: a lock is on versions",
      hint: "say for how many days versions are kept: keepDays: 14",
    });
  }
  if (backup.site !== "none" && backup.site.generation > 1 && objects && !makesKeys(objects)) {
    mistakes.push({
      path: `${PATH}.site.generation`,
      found: excerpt(backup.site.generation),
      allowed: "1: this store's keys come from config",
      hint: `put another key for ${BACKUP_USERS[0]} into the secrets that ${PROJECT}:objects.keys names`,
    });
  }
  const { bootstrap } = database;
  if (bootstrap !== "empty" && backup[bootstrap.repository] === "none") {
    mistakes.push({
      path: `${PROJECT}:database.bootstrap.repository`,
      found: excerpt(bootstrap.repository),
      allowed: `a repository that ${PATH} describes`,
    });
  }
  if (bootstrap !== "empty" && bootstrap.at !== "latest" && Date.parse(bootstrap.at) > Date.now()) {
    mistakes.push({
      path: `${PROJECT}:database.bootstrap.at`,
      found: excerpt(bootstrap.at),
      allowed: "latest, or a moment that has passed",
    });
  }
  return [...mistakes, ...reservedUser(backup.site === "none" ? undefined : backup.site.bucket, { objects, apps })];
}

const nothingToBeginFrom = (found: unknown): Mistake => ({
  path: `${PROJECT}:database.bootstrap`,
  found: excerpt(found),
  allowed: "empty: there are no backups to begin from",
  hint: `describe the repository under ${PATH}`,
});

/** Who has the backups' user or bucket reads every database. */
function reservedUser(bucket: string | undefined, { objects, apps = [] }: Partial<Config>): Mistake[] {
  if (!bucket) return [];
  const taken = (path: string, found: string, what: string): Mistake => ({
    path: `${PROJECT}:${path}`,
    found: excerpt(found),
    allowed: `another ${what}: this one is the backups' own`,
  });
  return [
    ...(objects?.buckets ?? []).flatMap(({ name }, index) =>
      name === bucket ? [taken(`objects.buckets[${index}].name`, name, "bucket")] : [],
    ),
    ...BACKUP_USERS.flatMap((user) =>
      placesOfUser(user, { users: objects?.users ?? [], apps }).map((path) => taken(path, user, "name")),
    ),
  ];
}
