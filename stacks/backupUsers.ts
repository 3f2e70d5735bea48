import type { UserConfig } from "./schema/objectsContent.ts";

/**
 * Users of the site's object store that backups have, one for each generation of their key in turn. No app can have these names,
 * since it would be an access to all backups.
 */
export const BACKUP_USERS = ["pg-backup", "pg-backup-2", "pg-backup-3"] as const;

/** The user whose key backups have in a generation. */
export const backupUser = (generation: number): string => BACKUP_USERS[(generation - 1) % BACKUP_USERS.length]!;

/**
 * The users of a generation: the one whose key backups have, the one of the next generation, and the one of the generation before. A
 * member or Job that has not been told the new key yet goes on with the former one, and whoever is told the next one finds it in
 * force: it was made an `up` before. With the generation after that, the third user's key becomes another one, and what it was
 * opens nothing any more.
 *
 * @param bucket the bucket of the backups.
 */
export const backupUsers = (bucket: string, generation: number): UserConfig[] =>
  [generation, generation + 1, generation - 1]
    .filter((each) => each >= 1)
    .map((each) => ({
      name: backupUser(each),
      access: [{ bucket, mode: "readwrite" }],
      generation: each,
    }));
