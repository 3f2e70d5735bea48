import assert from "node:assert/strict";
import pg from "pg";
import type { Target } from "../../cli/database/target.ts";
import { openClients } from "../../cli/drill/clients.ts";
import { secretValue } from "../../cli/site/secrets.ts";

/** pgpool-II reads from replicas and writes to the primary, and lets nobody in who has no right password and no TLS. */
export async function splitsReads(target: Target): Promise<void> {
  const clients = await openClients(target);
  const client = new pg.Client(clients.write.pooler);
  try {
    await client.connect();
    const readBy = async (): Promise<string> =>
      (await client.query<{ by: string }>("SELECT current_setting('in_hot_standby') AS by")).rows[0]!.by;
    for (let turn = 0; turn < 5; turn++) assert.equal(await readBy(), "on");
    await client.query("CREATE TABLE through_pgpool (n int)");
    assert.equal(await readBy(), "off");
    const refused = async (over: pg.ClientConfig, reason: RegExp): Promise<void> => {
      const other = new pg.Client({ ...clients.write.pooler!, ...over });
      await assert.rejects(other.connect(), reason);
    };
    await refused({ password: "wrong" }, /authentication failed/);
    await refused({ ssl: false }, /client authentication failed/);
    const { kubectl, namespace } = target;
    const superuser = await secretValue(kubectl, namespace, "pg-account-superuser", "password");
    // PostgreSQL wants a certificate of the platform's own accounts.
    await refused({ user: "postgres", password: superuser }, /authentication failed|terminated/);
  } finally {
    await client.end();
    await clients.close();
  }
}
