import { createHash } from "node:crypto";

/**
 * A short fingerprint of plain content, for names and annotations: changed content, changed name.
 *
 * @param content anything that JSON can hold; Outputs must not be in it.
 * @returns 8 hexadecimal digits.
 */
export function shortHash(content: unknown): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 8);
}
