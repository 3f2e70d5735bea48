import assert from "node:assert/strict";
import pg from "pg";
import type { Target } from "../../cli/database/target.ts";
import { openClients } from "../../cli/drill/clients.ts";
import { startWriters, type WriteReport } from "../../cli/drill/writers.ts";
import { noneLost } from "./noneLost.ts";

/**
 * Does something to a database while clients write through its pooler, which loses none of their rows.
 *
 * @returns what the clients saw.
 */
export async function underLoad(target: Target, work: () => Promise<unknown>): Promise<WriteReport> {
  const clients = await openClients(target);
  try {
    const writers = await startWriters({ connection: clients.write.pooler! });
    const worked = work();
    await worked.catch(() => undefined);
    const seen = await writers.stop();
    await worked;
    console.log(
      `      ${seen.acknowledged} rows acknowledged, none for ${seen.longestPause.toFixed(2)} s at most, ` +
        `${seen.unknown + seen.failed} errors ${JSON.stringify(seen.errors)}`,
    );
    noneLost("rows", seen.lost);
    assert.ok(seen.acknowledged > 100);
    return seen;
  } finally {
    await clients.close();
  }
}

/** Does something while clients come one after the other, each of whom the poolers look up: none is turned away. */
export async function whileNewcomersCome(target: Target, work: () => Promise<void>): Promise<void> {
  const clients = await openClients(target);
  let enough = false;
  const newcomers = async (): Promise<number> => {
    let count = 0;
    for (; !enough; count++) {
      const client = new pg.Client(clients.write.pooler);
      await client.connect();
      await client.end();
    }
    return count;
  };
  const came = newcomers();
  try {
    await work();
  } finally {
    enough = true;
    assert.ok((await came) > 100);
    await clients.close();
  }
}
