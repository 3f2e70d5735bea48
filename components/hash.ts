import { createHash, scryptSync } from "node:crypto";

/**
 * A short fingerprint of plain content, for names and annotations: changed content, changed name. In which order an object's keys
 * were written does not matter.
 *
 * @param content anything that JSON can hold; Outputs must not be in it.
 * @returns 8 hexadecimal digits.
 */
export function shortHash(content: unknown): string {
  return createHash("sha256").update(JSON.stringify(content, byKey)).digest("hex").slice(0, 8);
}

/**
 * A fingerprint of secrets, for `shortHash` and with it for names: other secrets, another name. It takes a tenth of a second, so that
 * whoever sees names finds a secret that is easy to guess no sooner than by asking the service that it opens.
 *
 * @param secrets in an order that stays.
 * @returns 64 hexadecimal digits.
 */
export function secretHash(secrets: (string | undefined)[]): string {
  return scryptSync(JSON.stringify(secrets), "archipel", 32).toString("hex");
}

const byKey = (_key: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    : value;
