import { RELATIONS } from "./catalog.ts";
import type { PsqlSession } from "./session.ts";

/** How two tables are compared: by their numbers of rows, or by all that is in the rows too. */
export type Comparison = "rows" | "content";

/**
 * The sum of a number made of each row: the same rows give the same sum in any order, and a row that is missing, changed or
 * there twice gives another one.
 */
const CONTENT =
  "coalesce(sum(('x' || substr(md5(convert_to((compared.*)::text, 'UTF8')), 1, 16))::bit(64)::bigint), 0)";

/** What each table holds, as a line for each: name, number of rows, sum. */
const contentQuery = (comparison: Comparison): string => `
  SELECT format($query$SELECT %L, count(*), ${comparison === "content" ? CONTENT : "0"} FROM ONLY %s AS compared$query$,
    name, name)
  FROM (${RELATIONS}) AS relations WHERE relkind = 'r' AND relpersistence = 'p' ORDER BY name
  \\gexec`;

/**
 * Compares all tables of two databases to which nobody writes.
 *
 * @returns the differences in words; none where they hold the same.
 */
export async function differences(
  source: PsqlSession,
  here: PsqlSession,
  comparison: Comparison,
): Promise<{ tables: number; different: string[] }> {
  const [there, arrived] = (await Promise.all(
    [source, here].map(async (side) => contents(await side.query(contentQuery(comparison)))),
  )) as [Map<string, string[]>, Map<string, string[]>];
  const names = [...new Set([...there.keys(), ...arrived.keys()])];
  const different = names.flatMap((name) => {
    const [rowsThere, sumThere] = there.get(name) ?? [];
    const [rows, sum] = arrived.get(name) ?? [];
    if (rowsThere === undefined) return [`table ${name} is only here`];
    if (rows === undefined) return [`table ${name} is only at the source`];
    if (rows !== rowsThere) return [`table ${name} has ${rowsThere} rows there and ${rows} here`];
    return sum === sumThere ? [] : [`table ${name} has ${rows} rows on both sides, and not the same in them`];
  });
  return { tables: there.size, different };
}

/** The answer by table; names may have any character in them. */
function contents(lines: string[]): Map<string, string[]> {
  return new Map(
    lines.map((line) => {
      const [, name, rows, sum] = /^(.*)\|(\d+)\|(-?\d+)$/.exec(line)!;
      return [name!, [rows!, sum!]];
    }),
  );
}
