import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { onMember, primaries, queryMember, type Target } from "../../cli/database/target.ts";
import { openStoreClient } from "../../cli/objects/storeClient.ts";
import { storeTarget, type StoreTarget } from "../../cli/objects/target.ts";
import { userKeys, type StoreKeys } from "../../cli/objects/users.ts";
import { archiveEverything } from "../../cli/restore/archive.ts";
import { ALONE_FOLDER } from "../../components/database/backrest.ts";
import { eventually } from "./eventually.ts";

/**
 * Raises the generation of the key of the backups in the site's own store twice, while WAL is archived all the time: the first key
 * opens the bucket after the first time, and not after the second.
 *
 * @param up brings the stack to a generation.
 */
export async function changeBackupKey(target: Target, up: (generation: number) => Promise<void>): Promise<void> {
  const stolen = await userKeys(storeOf(target), "pg-backup");
  await becomesKey(target, "pg-backup-2", () => up(2));
  await opens(target, stolen, true);
  await becomesKey(target, "pg-backup-3", () => up(3));
  await opens(target, stolen, false);
}

const storeOf = ({ plan, kubectl }: Target): StoreTarget => storeTarget(plan, plan.sites[0]!, kubectl)!;

/** Has WAL archived all the time until the members have the key. */
async function becomesKey(target: Target, user: string, up: () => Promise<void>): Promise<void> {
  const [primary] = await primaries(target);
  let going = true;
  const writing = (async (): Promise<void> => {
    for (; going; await sleep(1000)) await queryMember(target, primary!, "SELECT pg_switch_wal(), txid_current()");
  })();
  try {
    await up();
    const has = ["bash", "-c", `grep -hr s3-key ${ALONE_FOLDER}/site`];
    const { accessKeyId, secretAccessKey } = await userKeys(storeOf(target), user);
    assert.equal(accessKeyId, user);
    const wanted = `repo1-s3-key=${user}\nrepo1-s3-key-secret=${secretAccessKey}`;
    for (const { name } of target.database.members)
      await eventually(180, async () => assert.equal((await onMember(target, name, ...has)).trim(), wanted));
    await sleep(5000);
  } finally {
    going = false;
    await writing;
  }
  await archiveEverything(
    target,
    target.database.backup!.repositories.find(({ name }) => name === "site")!,
  );
}

/** Whether a key opens the bucket of the backups. */
async function opens(target: Target, key: StoreKeys, should: boolean): Promise<void> {
  const { s3, close } = await openStoreClient(storeOf(target), key);
  const asked = s3.send(new ListObjectsV2Command({ Bucket: "pg-backup", MaxKeys: 1 }));
  await (should ? asked : assert.rejects(asked, { name: "SignatureDoesNotMatch" })).finally(close);
}
