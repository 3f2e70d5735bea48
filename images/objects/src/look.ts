import { HeadObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { Gauge, Registry } from "prom-client";
import { MARKER } from "./marker.ts";
import type { MetricsJob } from "./metricsJob.ts";
import { readKey } from "./job.ts";
import { isAbsent, openStore, sayError } from "./s3.ts";

/** Milliseconds after which a request counts as not answered. */
const PATIENCE = 20_000;

/** What Prometheus is told. */
export class Findings {
  readonly registry = new Registry();
  readonly #answers = new Gauge({
    name: "archipel_objects_bucket_answers",
    help: "Whether a bucket can be listed with its user's key",
    labelNames: ["store", "bucket"],
    registers: [this.registry],
  });
  readonly #seconds = new Gauge({
    name: "archipel_objects_answer_seconds",
    help: "Seconds that listing a bucket took",
    labelNames: ["store", "bucket"],
    registers: [this.registry],
  });
  readonly #copied = new Gauge({
    name: "archipel_objects_copied_timestamp_seconds",
    help: "When a bucket's second copy was complete the last time; 0: never",
    labelNames: ["bucket"],
    registers: [this.registry],
  });
  readonly #troubles = new Map<string, string>();

  /** Looks at everything once. Whatever does not answer is a finding, no failure; what is new is said in a line. */
  async look({ site, copy }: MetricsJob, say: (line: string) => void): Promise<void> {
    await Promise.all([
      ...(site?.buckets ?? []).map(async ({ name: bucket, user }) => {
        const store = openStore(site!, await readKey("users", user));
        await this.#note({ store: "site", bucket }, say, async (options) => {
          await store.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 }), options);
        });
        store.destroy();
      }),
      ...(copy?.buckets ?? []).map(async (bucket) => {
        const store = openStore(copy!, await readKey("copy"));
        await this.#note({ store: "copy", bucket }, say, async (options) => {
          const marker = store.send(new HeadObjectCommand({ Bucket: bucket, Key: MARKER }), options);
          const found = await marker.catch((error: unknown) => {
            if (isAbsent(error)) return undefined;
            throw error;
          });
          this.#copied.set({ bucket }, (found?.LastModified?.getTime() ?? 0) / 1000);
        });
        store.destroy();
      }),
    ]);
  }

  async #note(
    which: { store: string; bucket: string },
    say: (line: string) => void,
    ask: (options: { abortSignal: AbortSignal }) => Promise<void>,
  ): Promise<void> {
    const began = performance.now();
    let trouble = "";
    try {
      await ask({ abortSignal: AbortSignal.timeout(PATIENCE) });
      this.#seconds.set(which, (performance.now() - began) / 1000);
    } catch (error) {
      trouble = sayError(error);
    }
    this.#answers.set(which, trouble ? 0 : 1);
    const name = `${which.store}: bucket ${which.bucket}`;
    if (trouble !== (this.#troubles.get(name) ?? "")) say(`${name}: ${trouble || "answers again"}`);
    this.#troubles.set(name, trouble);
  }
}
