import { sourceConnection } from "../../components/database/adoption.ts";
import type { AdoptedDatabase } from "../../stacks/plan.ts";
import { SENT_TABLES } from "./catalog.ts";
import { openSession, query, queryJson, readSchema, type Adoption } from "./connections.ts";
import type { PsqlSession } from "./session.ts";

/** Seconds for whoever uses a slot to end. */
const SLOT_SECONDS = 15;

/** Whether a database was begun: its subscription is here. */
export async function isBegun(adoption: Adoption, { link }: AdoptedDatabase): Promise<boolean> {
  const text = `SELECT count(*) FROM pg_subscription WHERE subname = '${link}'`;
  return (await query(adoption, { name: "postgres" }, "here", text)) === "1";
}

/**
 * Begins a database: a publication and a slot at the source; here, in one transaction, its definitions and the subscription
 * that copies its rows and follows. Interrupted anywhere, it begins again: what is at the source without a subscription is
 * made anew.
 *
 * @throws UserError with what a server said.
 */
export async function makeLink(adoption: Adoption, database: AdoptedDatabase): Promise<void> {
  const session = openSession(adoption, database, "here");
  try {
    // A run that was killed may have sent everything already: what it does is waited for.
    await session.query(`SELECT pg_advisory_lock(hashtext('${database.link}'))`);
    if (!(await isBegun(adoption, database))) await begin(adoption, database, session);
  } finally {
    await session.close();
  }
}

async function begin(adoption: Adoption, database: AdoptedDatabase, session: PsqlSession): Promise<void> {
  const { link } = database;
  const tables = await queryJson<string[]>(
    adoption,
    database,
    "source",
    `SELECT coalesce(json_agg(name ORDER BY name), '[]') FROM (${SENT_TABLES}) AS tables`,
  );
  await removeFromSource(adoption, database);
  const content = tables.length > 0 ? ` FOR TABLE ${tables.map((one) => `ONLY ${one}`).join(", ")}` : "";
  await query(adoption, database, "source", `CREATE PUBLICATION ${link}${content}`);
  // From here on the source keeps all WAL: what is written while tables are copied is replayed afterwards.
  await query(adoption, database, "source", `SELECT pg_create_logical_replication_slot('${link}', 'pgoutput')`);
  try {
    await copySchema(adoption, database, session);
  } catch (error) {
    // Where the definitions are not taken here, the source must not keep WAL for nothing; status says where it still does.
    await removeFromSource(adoption, database).catch(() => undefined);
    throw error;
  }
}

/** Makes the definitions and the subscription here, all or nothing. */
async function copySchema(adoption: Adoption, database: AdoptedDatabase, session: PsqlSession): Promise<void> {
  const { name, owner, link } = database;
  const schema = await readSchema(adoption, database);
  // A commit that waits for the replicas: what is confirmed to the source is lost in no failover.
  const subscription = `
    CREATE SUBSCRIPTION ${link} CONNECTION ${literal(sourceConnection(adoption.adopt, name))} PUBLICATION ${link}
      WITH (create_slot = false, slot_name = '${link}', synchronous_commit = 'on')`;
  // A script that was cut off on its way has no COMMIT.
  await session.query(`BEGIN;\nSET ROLE ${owner};\n${schema}\nRESET ROLE;\n${subscription};\nCOMMIT`);
}

/**
 * Takes the subscription away, where there is one.
 *
 * @param withCopy whether what it copied goes with it, in the same transaction: all of it belongs to the owner, and the
 * database was empty before.
 */
export async function removeSubscription(
  adoption: Adoption,
  database: AdoptedDatabase,
  withCopy = false,
): Promise<void> {
  if (!(await isBegun(adoption, database))) return;
  const { link, owner } = database;
  // Without the name of the slot, it does not matter here whether the source answers.
  const text = `
    ALTER SUBSCRIPTION ${link} DISABLE;
    ALTER SUBSCRIPTION ${link} SET (slot_name = NONE);
    DROP SUBSCRIPTION ${link}`;
  await query(adoption, database, "here", withCopy ? `${text}; DROP OWNED BY ${owner}` : text);
}

/** Takes the slot and the publication away. @throws UserError with what the source said. */
export async function removeFromSource(adoption: Adoption, database: AdoptedDatabase): Promise<void> {
  const { link } = database;
  const slot = `FROM pg_replication_slots WHERE slot_name = '${link}'`;
  const text = `
    DO $$ BEGIN
      FOR n IN 1 .. ${SLOT_SECONDS * 10} LOOP
        EXIT WHEN NOT EXISTS (SELECT ${slot} AND active);
        PERFORM pg_sleep(0.1);
      END LOOP;
      PERFORM pg_drop_replication_slot(slot_name) ${slot};
    END $$`;
  await query(adoption, database, "source", text);
  await query(adoption, database, "source", `DROP PUBLICATION IF EXISTS ${link}`);
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
