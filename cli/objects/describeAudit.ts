import pc from "picocolors";
import type { Audit } from "../../images/objects/src/audit.ts";

/** What is different, in words; `uncompared` is not, and not proven to be the same either. */
const KINDS = {
  missing: (place: string) => `not in ${place}`,
  extra: (place: string) => `in ${place} only`,
  differing: () => "different",
  unreadable: () => "could not be read",
  uncompared: () => "of one size, not compared: no common checksum (--read unknown reads them)",
} as const;

type Kind = keyof typeof KINDS;

/** Whether a bucket and its copy were proven to be the same. */
export const isSame = (audit: Audit): boolean => Object.keys(KINDS).every((kind) => audit[kind as Kind].count === 0);

/**
 * A comparison in words: a line for each bucket, and what differs.
 *
 * @param place what the site's store was compared with.
 */
export const describeAudits = (audits: Audit[], place: string): string =>
  audits.flatMap((audit) => describe(audit, place)).join("\n");

function describe(audit: Audit, place: string): string[] {
  const { site, copy, count, bytes, same, read } = audit;
  const mark = isSame(audit) ? pc.green("✔") : pc.red("✖");
  const how = read > 0 ? ` (${read} were read)` : "";
  return [
    `${mark} ${site} → ${copy}: ${same} of ${count.site} objects are the same${how}, ${bytes.site} bytes here, ${bytes.copy} there`,
    ...Object.entries(KINDS).flatMap(([kind, words]) => {
      const { count: many, first } = audit[kind as Kind];
      if (many === 0) return [];
      const more = many > first.length ? ["    …"] : [];
      return [`  ${many} ${words(place)}:`, ...first.map((name) => `    ${name}`), ...more];
    }),
  ];
}
