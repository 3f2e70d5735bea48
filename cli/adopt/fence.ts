import { setTimeout as sleep } from "node:timers/promises";
import type { AdoptedDatabase } from "../../stacks/plan.ts";
import { UserError } from "../userError.ts";
import { RELATIONS } from "./catalog.ts";
import { openSession, query, type Adoption } from "./connections.ts";
import type { PsqlSession } from "./session.ts";

/** Seconds after which the source itself takes the fence down when nothing is heard from who put it up. */
const SILENT_SECONDS = 30;

/** Milliseconds between two signs of life. */
const BEAT = 5_000;

/** What keeps clients from writing to the tables of a database. */
export interface Fence {
  /** Makes it last: from then on the source refuses writes. @throws UserError where it was taken down meanwhile. */
  keep(): Promise<void>;
  /** Takes it down: writes that waited go on as if nothing had been. Does nothing where it lasts already. */
  takeDown(): Promise<void>;
}

/** Arguments of putUpFence. */
export interface FenceArgs {
  /** The database. */
  database: AdoptedDatabase;
  /** What clients are told that write later: where the database is. */
  movedTo: string;
  /** Seconds for transactions that are under way to end. */
  patience: number;
  /** A connection to the source, which says who was in the way. */
  source: PsqlSession;
}

/**
 * Lets no more writes into the tables of a database at its source: a trigger on each that refuses them, made in a transaction
 * that stays open. While it is, writes wait for the tables' locks. If it is taken back, by this command or because its
 * connection ended, they go on; if it is committed, they are refused. Nobody else has to do anything in either case.
 *
 * @throws UserError where transactions that are under way do not end; the source is as it was then.
 */
export async function putUpFence(adoption: Adoption, args: FenceArgs): Promise<Fence> {
  const { database, source } = args;
  const session = openSession(adoption, database, "source");
  try {
    await session.query("BEGIN");
    await session.query(`SET LOCAL idle_in_transaction_session_timeout = '${SILENT_SECONDS}s'`);
    // All locks together: writes wait from the first one on.
    await session.query(`SET LOCAL statement_timeout = '${args.patience}s'`);
    await session.query(fenceScript(args));
  } catch (error) {
    await session.close();
    if (!/statement timeout|deadlock/.test((error as Error).message)) throw error;
    throw new UserError(
      `${database.name}: transactions at the source did not end within ${args.patience} s${await holders(source)}\n  the source takes writes as before; end them, or wait longer: --patience SECONDS`,
    );
  }
  const beat = setInterval(() => void session.query("SELECT").catch(() => undefined), BEAT);
  const end = async (): Promise<void> => {
    clearInterval(beat);
    await session.close();
  };
  return {
    keep: async () => {
      try {
        await session.query("COMMIT");
      } catch (error) {
        // Its answer may have been lost on the way.
        if (!(await lasts(adoption, database))) throw error;
      } finally {
        await end();
      }
    },
    takeDown: end,
  };
}

/** Whether the source refuses writes to a database, because it was cut over. */
export async function isFenced(adoption: Adoption, database: AdoptedDatabase): Promise<boolean> {
  const text = `SELECT to_regnamespace('${database.link}') IS NOT NULL`;
  return (await query(adoption, database, "source", text)) === "t";
}

/** The same after a connection ended at a moment of which nobody knows: once the source knows. */
async function lasts(adoption: Adoption, database: AdoptedDatabase): Promise<boolean> {
  const open = `
    SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
    WHERE datname = current_database() AND mode = 'ShareRowExclusiveLock' AND granted AND pid <> pg_backend_pid()`;
  for (const until = Date.now() + 2 * SILENT_SECONDS * 1000; Date.now() < until; await sleep(1000)) {
    const answer = await query(adoption, database, "source", open).catch(() => undefined);
    if (answer === "0") return isFenced(adoption, database);
  }
  throw new UserError(
    `${database.name}: nobody can say whether the source was cut over: it does not answer\n  run the same command again when it does; until then, let nobody write on either side`,
  );
}

function fenceScript({ database: { name, link }, movedTo }: FenceArgs): string {
  const tables = `SELECT name FROM (${RELATIONS}) AS relations WHERE relkind IN ('r', 'p') ORDER BY oid`;
  return `
    DO $fence$
    DECLARE one text;
    BEGIN
      FOR one IN ${tables} LOOP
        EXECUTE 'LOCK TABLE ONLY ' || one || ' IN SHARE ROW EXCLUSIVE MODE';
      END LOOP;
      CREATE SCHEMA ${link};
      CREATE FUNCTION ${link}.refuse() RETURNS trigger LANGUAGE plpgsql AS $refuse$
        BEGIN
          RAISE EXCEPTION 'database ${name} has moved to ${movedTo}' USING ERRCODE = 'read_only_sql_transaction';
        END $refuse$;
      FOR one IN ${tables} LOOP
        EXECUTE 'CREATE TRIGGER ${link} BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ' || one
          || ' FOR EACH STATEMENT EXECUTE FUNCTION ${link}.refuse()';
      END LOOP;
    END $fence$`;
}

/** Who holds tables of the database that the source is connected to, in words. */
async function holders(source: PsqlSession): Promise<string> {
  const [names] = await source.query(`
    SELECT string_agg(DISTINCT format('process %s of %s', pid, coalesce(usename, 'the server')), ', ')
    FROM pg_locks JOIN pg_stat_activity USING (pid) JOIN pg_database ON pg_database.oid = database
    WHERE pg_database.datname = current_database() AND locktype = 'relation' AND granted AND pid <> pg_backend_pid()
      AND mode IN ('RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
        'AccessExclusiveLock')`);
  return names ? `: ${names}` : "";
}
