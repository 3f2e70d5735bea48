import { setTimeout as sleep } from "node:timers/promises";
import { converge } from "./converge.ts";
import { Failure } from "./failure.ts";
import { readJob } from "./job.ts";
import { sayError, statusOf } from "./s3.ts";

/** Seconds for which a store that does not answer is asked again. */
const PATIENCE = 120;

const job = await readJob();
for (const end = Date.now() + PATIENCE * 1000; ; await sleep(2000)) {
  try {
    await converge(job, console.log);
    break;
  } catch (error) {
    if (error instanceof Failure) {
      for (const reason of error.reasons) console.error(reason);
      process.exit(1);
    }
    const answered = statusOf(error);
    const passing = answered === undefined || answered >= 500;
    console.error(`${job.endpoint}: ${sayError(error)}`);
    if (!passing || Date.now() > end) process.exit(1);
  }
}
