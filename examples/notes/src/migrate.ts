import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { connection, connectionLost } from "./database.ts";
import { readDatabaseSettings } from "./settings.ts";

/** Milliseconds to wait for a database that is still being made or fails over. */
const patience = 300_000;

/** Any number that no other program uses: the lock that lets one migration run at a time. */
const lockNumber = 7_214_930_118;

const folder = new URL("../migrations/", import.meta.url);

try {
  const applied = await migrate();
  log(applied.length > 0 ? `applied ${applied.join(", ")}` : "nothing to do");
} catch (error) {
  log(`failed: ${(error as Error).message}`);
  process.exitCode = 1;
}

/** Brings the schema up to date, in one transaction: all of it or nothing. @returns the files that were new. */
async function migrate(): Promise<string[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  const settings = readDatabaseSettings(process.env);
  const deadline = Date.now() + patience;
  for (;;) {
    const client = new pg.Client({ ...connection(settings), query_timeout: patience });
    try {
      await client.connect();
      return await inTransaction(client, files);
    } catch (error) {
      // A role or database that does not exist yet is made by somebody else at this moment.
      const beingMade = ["28P01", "28000", "3D000"].includes((error as { code?: string }).code ?? "");
      if (!(connectionLost(error) || beingMade) || Date.now() > deadline) throw error;
      log(`waiting for the database: ${(error as Error).message}`);
      await sleep(1000);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

async function inTransaction(client: pg.Client, files: string[]): Promise<string[]> {
  await client.query("BEGIN");
  await client.query("SELECT pg_advisory_xact_lock($1)", [lockNumber]);
  await client.query(
    "CREATE TABLE IF NOT EXISTS schema_migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())",
  );
  const { rows } = await client.query<{ name: string }>("SELECT name FROM schema_migrations");
  const before = new Set(rows.map((row) => row.name));
  const fresh = files.filter((name) => !before.has(name));
  for (const name of fresh) {
    await client.query(await readFile(new URL(name, folder), "utf8"));
    await client.query("INSERT INTO schema_migrations (name) VALUES ($1)", [name]);
  }
  await client.query("COMMIT");
  return fresh;
}

function log(message: string): void {
  console.log(JSON.stringify({ level: 30, time: Date.now(), msg: `migrate: ${message}` }));
}
