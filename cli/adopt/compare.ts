import { RELATIONS } from "./catalog.ts";
import type { PsqlSession } from "./session.ts";

/** How two tables are compared: by their numbers of rows, or by all that is in the rows too. */
export type Comparison = "rows" | "content";

/** A number made of a row's text. The fast one hashes it as the server encodes it, which is not always as here. */
const NUMBERS = {
  utf8: "hashtextextended((compared.*)::text, 0)",
  other: "('x' || substr(md5(convert_to((compared.*)::text, 'UTF8')), 1, 16))::bit(64)::bigint",
};

/**
 * What each table holds, as a line for each: name, number of rows, and the sum of a number made of each. The same rows give the
 * same sum in any order; a row that is missing, changed or there twice gives another one.
 */
const contentQuery = (sum: string): string => `
  SELECT format($query$SELECT %L, count(*), ${sum} FROM ONLY %s AS compared$query$, name, name)
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
  const [encoding] = await source.query("SHOW server_encoding");
  const number = encoding === "UTF8" ? NUMBERS.utf8 : NUMBERS.other;
  const text = contentQuery(comparison === "content" ? `coalesce(sum(${number}), 0)` : "0");
  const [there, arrived] = (await Promise.all(
    [source, here].map(async (side) => contents(await side.query(text))),
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
