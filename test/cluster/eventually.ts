import { setTimeout as sleep } from "node:timers/promises";

/**
 * Checks again and again until it holds.
 *
 * @param seconds after which the check's own error is thrown.
 * @returns what the check returned.
 */
export async function eventually<T>(seconds: number, check: () => T | Promise<T>): Promise<T> {
  for (const end = Date.now() + seconds * 1000; ; await sleep(1000)) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}
