import { closest, distance } from "fastest-levenshtein";

/**
 * A suggestion for a name that is probably a typing mistake.
 *
 * @param name what was written.
 * @param known the names that exist.
 * @returns `did you mean X?`, or undefined where nothing known is within a third of the name's length (at least 2).
 */
export function nearest(name: string, known: string[]): string | undefined {
  if (known.length === 0) return undefined;
  const candidate = closest(name, known);
  const limit = Math.max(2, Math.ceil(name.length / 3));
  return distance(name.toLowerCase(), candidate.toLowerCase()) <= limit ? `did you mean ${candidate}?` : undefined;
}
