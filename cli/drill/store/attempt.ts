import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds after which a client gives one request up and sends it again, on another connection. */
const ONE_REQUEST = 3000;
/** Milliseconds after which it gives up for good. */
const PATIENCE = 10_000;
/** Milliseconds between two tries. */
const PAUSE = 100;

/** What a request is sent with. */
interface Options {
  /** Ends it. */
  abortSignal: AbortSignal;
}

/** Sends a request once and takes its whole answer, within the time of one request. */
async function inTime<Result>(work: (options: Options) => Promise<Result>): Promise<Result> {
  const abort = new AbortController();
  const late = sleep(ONE_REQUEST, undefined, { signal: abort.signal }).then(() => {
    throw new Error(`no answer within ${ONE_REQUEST / 1000} s`);
  });
  try {
    return await Promise.race([work({ abortSignal: abort.signal }), late]);
  } finally {
    late.catch(() => undefined);
    abort.abort();
  }
}

/** Whether the store says that there is no such object: an answer, which is not asked for again. */
export const isMissing = (error: unknown): boolean => ["NoSuchKey", "NotFound"].includes((error as Error).name);

/** Tries again as every S3 library does, for some seconds; counts the errors by their message. */
export async function attempt<Result>(
  errors: Record<string, number>,
  work: (options: Options) => Promise<Result>,
): Promise<Result> {
  for (const end = performance.now() + PATIENCE; ; await sleep(PAUSE)) {
    try {
      return await inTime(work);
    } catch (error) {
      const { name, message } = error as Error;
      const text = name === "Error" ? message : `${name}: ${message}`;
      errors[text] = (errors[text] ?? 0) + 1;
      if (isMissing(error) || performance.now() > end) throw error;
    }
  }
}
