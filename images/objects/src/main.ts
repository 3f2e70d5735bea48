import { setTimeout as sleep } from "node:timers/promises";
import { auditAll, READS } from "./audit.ts";
import { converge } from "./converge.ts";
import { copyAll } from "./copy.ts";
import { readCopyJob } from "./copyJob.ts";
import { Failure } from "./failure.ts";
import { readJob } from "./job.ts";
import { readMetricsJob } from "./metricsJob.ts";
import { tryRepository } from "./repository.ts";
import { readRepositoryJob, readRepositoryKeys } from "./repositoryJob.ts";
import { restore } from "./restore.ts";
import { isFinal, sayError, statusOf } from "./s3.ts";
import { serveMetrics } from "./serveMetrics.ts";

/** Seconds for which a store that does not answer is asked again. */
const PATIENCE = 120;

/** Exit code where trying again does not help: EX_CONFIG of sysexits.h. */
const HOPELESS = 78;

const commands: Record<string, (...args: string[]) => Promise<void>> = {
  converge: async () => converge(await readJob(), console.log),
  copy: async (deleting) => copyAll(await readCopyJob(), { deleting: deleting === "delete", say: console.log }),
  audit: async (how) => {
    const read = READS.find((one) => one === how) ?? "unknown";
    console.log(JSON.stringify(await auditAll(await readCopyJob(), read, console.log)));
  },
  metrics: async () => serveMetrics(await readMetricsJob(), console.log),
  repository: async () => {
    const job = await readRepositoryJob();
    await tryRepository(job, { keys: await readRepositoryKeys(job), say: console.log });
  },
  restore: async (bucket = "", into = bucket, at) => restore(await readCopyJob(), { bucket, into, at }),
};

const [name = "", ...args] = process.argv.slice(2);
const command = commands[name];
if (!command) {
  console.error(`usage: objects ${Object.keys(commands).join("|")}`);
  process.exit(2);
}
for (const end = Date.now() + PATIENCE * 1000; ; await sleep(2000)) {
  try {
    await command(...args);
    break;
  } catch (error) {
    if (error instanceof Failure) {
      for (const reason of error.reasons) console.error(reason);
      process.exit(HOPELESS);
    }
    const answered = statusOf(error);
    const passing = answered === undefined || answered >= 500;
    console.error(sayError(error));
    if (isFinal(error)) process.exit(HOPELESS);
    if (!passing || Date.now() > end) process.exit(1);
  }
}
