import { writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Writes measured figures as JSON beside the programs that measure, numbers with two decimals, and prints them.
 *
 * @param file name of the file.
 */
export function writeResults(file: string, results: object): void {
  const text = JSON.stringify(
    results,
    (_, value: unknown) => (typeof value === "number" ? Math.round(value * 100) / 100 : value),
    2,
  );
  writeFileSync(join(import.meta.dirname, file), `${text}\n`);
  console.log(text);
}
