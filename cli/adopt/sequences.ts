import { RELATIONS } from "./catalog.ts";
import type { PsqlSession } from "./session.ts";

/** For each sequence the query that gives the command that sets it to the same state. */
const COMMANDS = `
  SELECT format($query$SELECT format('SELECT pg_catalog.setval(%%L, %%s, %%L)', %L, last_value, is_called) FROM %s$query$,
    name, name)
  FROM (${RELATIONS}) AS relations WHERE relkind = 'S'
  \\gexec`;

/**
 * Takes all sequences to where they are at the source: replication sends the numbers in rows, not where they came from.
 *
 * @returns how many there are.
 */
export async function copySequences(source: PsqlSession, here: PsqlSession): Promise<number> {
  const commands = await source.query(COMMANDS);
  if (commands.length > 0) await here.query(["BEGIN", ...commands, "COMMIT"].join(";\n"));
  return commands.length;
}
