import { backupUser } from "./backupUsers.ts";
import { toBytes } from "./bytes.ts";
import { parseEndpoint } from "./endpoint.ts";
import type { ObjectsPlan } from "./objectsPlan.ts";
import type { BackupPlan, RepositoryPlan, RestorePlan } from "./plan.ts";
import type { PatroniConfig } from "./schema/patroniDatabase.ts";

/**
 * Decides where a database is backed up to.
 *
 * @param objects the site's object store.
 * @returns undefined where config says that there are no backups.
 */
export function planBackup({ backup, storage }: PatroniConfig, objects?: ObjectsPlan): BackupPlan | undefined {
  if (backup === "none") return undefined;
  const { site, offsite, full, differential, proof, proofHours, archiveMinutes, keepFull, queue } = backup;
  const repositories: RepositoryPlan[] = [];
  if (site !== "none" && objects) {
    const { host, port, region, trust } = objects;
    const endpoint = `${host}:${port}`;
    const { bucket, generation } = site;
    repositories.push({ number: 1, name: "site", endpoint, bucket, region, trust, user: backupUser(generation) });
  }
  if (offsite !== "none") {
    const { host, port } = parseEndpoint(offsite.endpoint);
    const { accessKeyIdFrom, secretAccessKeyFrom, caFrom, passphraseFrom, bucket, region } = offsite;
    repositories.push({
      number: 2,
      name: "offsite",
      endpoint: `${host}:${port}`,
      bucket,
      region,
      trust: caFrom ? "own" : "public",
      from: {
        accessKeyId: accessKeyIdFrom,
        secretAccessKey: secretAccessKeyFrom,
        ...(caFrom && { ca: caFrom }),
        ...(passphraseFrom && { passphrase: passphraseFrom }),
      },
    });
  }
  return {
    repositories,
    full,
    differential,
    proof,
    proofHours,
    archiveMinutes,
    keepFull,
    queueBytes: queue ? toBytes(queue) : toBytes(storage) / 4,
  };
}

/** Decides which backup a new cluster begins from; undefined where it begins empty. */
export function planRestore({ bootstrap }: PatroniConfig, backup?: BackupPlan): RestorePlan | undefined {
  if (bootstrap === "empty") return undefined;
  const repository = backup?.repositories.find(({ name }) => name === bootstrap.repository);
  if (!repository) return undefined;
  return { repository: repository.number, ...(bootstrap.at !== "latest" && { at: new Date(bootstrap.at) }) };
}
