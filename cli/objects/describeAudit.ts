import pc from "picocolors";
import type { Audit } from "../../images/objects/src/audit.ts";

const KINDS = {
  missing: "not in the copy",
  extra: "in the copy only",
  differing: "different",
  unreadable: "could not be compared",
} as const;

/** Whether a bucket and its copy are the same. */
export const isSame = (audit: Audit): boolean =>
  Object.keys(KINDS).every((kind) => audit[kind as keyof typeof KINDS].count === 0);

/** A comparison in words: a line for each bucket, and what differs. */
export const describeAudits = (audits: Audit[]): string => audits.flatMap(describe).join("\n");

function describe(audit: Audit): string[] {
  const { site, copy, count, bytes, same } = audit;
  const mark = isSame(audit) ? pc.green("✔") : pc.red("✖");
  return [
    `${mark} ${site} → ${copy}: ${same} of ${count.site} objects are the same, ${bytes.site} bytes here, ${bytes.copy} there`,
    ...Object.entries(KINDS).flatMap(([kind, words]) => {
      const { count: many, first } = audit[kind as keyof typeof KINDS];
      if (many === 0) return [];
      return [`  ${many} ${words}:`, ...first.map((name) => `    ${name}`), ...(many > first.length ? ["    …"] : [])];
    }),
  ];
}
