import type { Repair } from "./drill.ts";

/**
 * Makes a fault that takes several steps.
 *
 * @param repair takes it away, also where it was made in part only.
 * @param make makes it.
 * @returns the repair; where a step fails it has been run, and the step's error is thrown.
 */
export async function repairable(repair: Repair, make: () => Promise<unknown>): Promise<Repair> {
  try {
    await make();
  } catch (error) {
    await repair();
    throw error;
  }
  return repair;
}
