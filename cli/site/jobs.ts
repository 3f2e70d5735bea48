import { setTimeout as sleep } from "node:timers/promises";
import pRetry from "p-retry";
import { KubectlError, type Kubectl } from "../kubectl.ts";
import type { KubernetesObject } from "../render/manifests.ts";
import type { Report } from "../step.ts";
import { UserError } from "../userError.ts";

/** Seconds for which a cluster that gives no answer about a running Job is asked again. */
const PATIENCE_SECONDS = 60;

/** Milliseconds between two looks at a running Job: each costs a tenth of a second of a processor. */
const INTERVAL = 1000;

/** Where Jobs run. */
export interface JobPlace {
  /** kubectl for the cluster. */
  kubectl: Kubectl;
  /** Namespace of the Jobs. */
  namespace: string;
}

/** A Job's specification, as far as it is changed here. */
export interface JobSpec {
  backoffLimit?: number;
  activeDeadlineSeconds?: number;
  template: {
    metadata?: { labels?: Record<string, string> };
    spec: {
      restartPolicy?: string;
      volumes?: { name: string; projected?: { sources: object[] } }[];
      containers: { name: string; command: string[]; env?: { name: string; value?: string }[] }[];
    };
  };
}

/** How a Job ended. */
export interface JobEnd {
  /** Whether it did what it is for. */
  succeeded: boolean;
  /** What it printed. */
  log: string;
}

/** What a CronJob's Jobs are like. */
export async function cronJobSpec({ kubectl, namespace }: JobPlace, name: string): Promise<JobSpec> {
  const [found] = await kubectl.list(["cronjob", name, "--namespace", namespace]);
  if (!found) throw new UserError(`there is no CronJob ${namespace}/${name}: does the stack stand?`);
  return (found["spec"] as { jobTemplate: { spec: JobSpec } }).jobTemplate.spec;
}

/** What the newest Job was like whose name begins so, to be made again; undefined where there is none. */
export async function newestJobSpec({ kubectl, namespace }: JobPlace, prefix: string): Promise<JobSpec | undefined> {
  const jobs = await kubectl.list(["jobs", "--namespace", namespace]);
  const created = ({ metadata }: KubernetesObject): string => metadata.creationTimestamp ?? "";
  const [newest] = jobs
    .filter(({ metadata }) => metadata.name.startsWith(prefix))
    .toSorted((a, b) => created(b).localeCompare(created(a)));
  if (!newest) return undefined;
  const { template } = newest["spec"] as JobSpec;
  // The API server adds labels that name the Job itself.
  const labels = Object.entries(template.metadata?.labels ?? {}).filter(
    ([key]) => !/controller-uid|job-name/.test(key),
  );
  return { template: { ...template, metadata: { labels: Object.fromEntries(labels) } } };
}

/** Makes a Job, with the labels of its pods. */
export async function createJob({ kubectl, namespace }: JobPlace, name: string, spec: JobSpec): Promise<void> {
  const metadata = { name, namespace, labels: spec.template.metadata?.labels };
  await kubectl.run(
    ["create", "--filename", "-"],
    JSON.stringify({ apiVersion: "batch/v1", kind: "Job", metadata, spec }),
  );
}

/**
 * Runs a Job until it is over, and deletes it. One of the same name, left by a run that was interrupted, goes first, with its
 * pod.
 *
 * @param seconds that it may take.
 * @param report told its newest line; without it nobody asks for that.
 */
export async function runJob(
  place: JobPlace,
  name: string,
  spec: JobSpec,
  seconds: number,
  report?: Report,
): Promise<JobEnd> {
  const { kubectl, namespace } = place;
  const { template } = spec;
  // A pod that is started again goes with its log as soon as its Job gives up.
  const once = { ...template, spec: { ...template.spec, restartPolicy: "Never" } };
  const left = ["delete", "job", name, "--namespace", namespace, "--ignore-not-found", "--cascade=foreground"];
  await kubectl.run(left);
  await createJob(place, name, { ...spec, template: once, backoffLimit: 0, activeDeadlineSeconds: seconds });
  const job = ["job", name, "--namespace", namespace];
  const printed = (...options: string[]): Promise<string> =>
    kubectl.run(["logs", `job/${name}`, "--namespace", namespace, "--all-containers", ...options]);
  try {
    for (let last = ""; ; await sleep(INTERVAL)) {
      const [found] = await patiently(() => kubectl.list(job));
      const ended = found ? howItEnded(found) : "Failed";
      if (!ended) {
        if (!report) continue;
        const line = (await printed("--tail=1").catch(() => "")).trim();
        if (line !== "" && line !== last) report(line);
        last = line;
        continue;
      }
      const succeeded = ended === "Complete";
      // The pod of one that failed may be gone with its log; that of the other is there, and may hold what was asked for.
      return { succeeded, log: await (succeeded ? patiently(() => printed()) : printed().catch(() => "")) };
    }
  } finally {
    await kubectl.run(["delete", ...job, "--ignore-not-found", "--wait=false"]);
  }
}

/** Asks a cluster again that does not answer for a moment: what runs there goes on, and is worth more than one question. */
const patiently = <T>(ask: () => Promise<T>): Promise<T> =>
  pRetry(ask, {
    ...{ forever: true, factor: 1, minTimeout: 1000, maxRetryTime: PATIENCE_SECONDS * 1000 },
    shouldRetry: (error) => error instanceof KubectlError,
  });

/** `Complete` or `Failed`; undefined while a Job runs. */
function howItEnded(job: KubernetesObject): string | undefined {
  const { conditions = [] } = job["status"] as { conditions?: { type: string; status: string }[] };
  return conditions.find(({ type, status }) => status === "True" && ["Complete", "Failed"].includes(type))?.type;
}
