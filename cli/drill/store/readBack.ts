import { setTimeout as sleep } from "node:timers/promises";
import { inTurns } from "../../../images/objects/src/inTurns.ts";
import { UserError } from "../../userError.ts";
import { isMissing } from "./attempt.ts";

/** Milliseconds for which an object that is not there, or that is not as it was written, is asked for again. */
const LOST_PATIENCE = 30_000;
/** Milliseconds for which one is asked for again of which the store does not say whether it is there. */
const UNREAD_PATIENCE = 300_000;

/**
 * Reads everything back that was acknowledged. What gets no answer is not lost: that is not known.
 *
 * @param keys the objects.
 * @param isRight whether one is as it was written.
 * @param patience milliseconds to ask again for. Default 30 s for what is lost, 300 s for what gets no answer.
 * @returns what the store says is not there as it was written.
 * @throws UserError when the store does not say it of all of them.
 */
export async function readBack(
  keys: string[],
  isRight: (key: string) => Promise<boolean>,
  patience = { lost: LOST_PATIENCE, unread: UNREAD_PATIENCE },
): Promise<string[]> {
  let left = keys;
  for (const begun = performance.now(); ; await sleep(1000)) {
    const lost: string[] = [];
    const unread: string[] = [];
    let because = "";
    await inTurns(left, async (key) => {
      try {
        if (!(await isRight(key))) lost.push(key);
      } catch (error) {
        because = (error as Error).message;
        (isMissing(error) ? lost : unread).push(key);
      }
    });
    const waited = performance.now() - begun;
    if (unread.length === 0 && (lost.length === 0 || waited > patience.lost)) return lost;
    if (waited > patience.unread)
      throw new UserError(
        `${unread.length} of ${keys.length} acknowledged objects could not be read within ${patience.unread / 1000} s: ${because}`,
      );
    left = [...lost, ...unread];
  }
}
