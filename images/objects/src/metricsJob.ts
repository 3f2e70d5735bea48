import { readFile } from "node:fs/promises";
import type { Job } from "./job.ts";

/** A store as its metrics know it. */
type Place = Pick<Job, "endpoint" | "region">;

/** What is looked at, and told to Prometheus. */
export interface MetricsJob {
  /** A store that somebody else runs, and whose key opens each bucket; undefined: the store has metrics of its own. */
  site?: Place & { buckets: { name: string; user: string }[] };
  /** The second copy; undefined: there is none. */
  copy?: Place & { buckets: string[] };
}

/** Where the configuration is. */
const CONFIG = process.env["OBJECTS_METRICS_CONFIG"] ?? "/etc/objects/metrics.json";

/** Reads what is to be looked at. */
export const readMetricsJob = async (): Promise<MetricsJob> => JSON.parse(await readFile(CONFIG, "utf8")) as MetricsJob;
