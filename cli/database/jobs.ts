import { setTimeout as sleep } from "node:timers/promises";
import type { KubernetesObject } from "../render/manifests.ts";
import { UserError } from "../userError.ts";
import type { Target } from "./target.ts";

/** A Job's specification, as far as it is changed here. */
export interface JobSpec {
  backoffLimit?: number;
  activeDeadlineSeconds?: number;
  template: {
    metadata?: { labels?: Record<string, string> };
    spec: {
      restartPolicy?: string;
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
export async function cronJobSpec({ kubectl, namespace }: Target, name: string): Promise<JobSpec> {
  const [found] = await kubectl.list(["cronjob", name, "--namespace", namespace]);
  if (!found) throw new UserError(`there is no CronJob ${namespace}/${name}: does the stack stand?`);
  return (found["spec"] as { jobTemplate: { spec: JobSpec } }).jobTemplate.spec;
}

/** Makes a Job, with the labels of its pods. */
export async function createJob({ kubectl, namespace }: Target, name: string, spec: JobSpec): Promise<void> {
  const metadata = { name, namespace, labels: spec.template.metadata?.labels };
  await kubectl.run(
    ["create", "--filename", "-"],
    JSON.stringify({ apiVersion: "batch/v1", kind: "Job", metadata, spec }),
  );
}

/**
 * Runs a Job until it is over, and deletes it.
 *
 * @param seconds that it may take.
 */
export async function runJob(target: Target, name: string, spec: JobSpec, seconds: number): Promise<JobEnd> {
  const { kubectl, namespace } = target;
  const { template } = spec;
  // A pod that is started again goes with its log as soon as its Job gives up.
  const once = { ...template, spec: { ...template.spec, restartPolicy: "Never" } };
  await createJob(target, name, { ...spec, template: once, backoffLimit: 0, activeDeadlineSeconds: seconds });
  try {
    for (;;) {
      const [job] = await kubectl.list(["job", name, "--namespace", namespace]);
      const ended = job ? howItEnded(job) : "Failed";
      if (!ended) {
        await sleep(500);
        continue;
      }
      const log = await kubectl
        .run(["logs", `job/${name}`, "--namespace", namespace, "--all-containers"])
        .catch(() => "");
      return { succeeded: ended === "Complete", log };
    }
  } finally {
    await kubectl.run(["delete", "job", name, "--namespace", namespace, "--ignore-not-found", "--wait=false"]);
  }
}

/** `Complete` or `Failed`; undefined while a Job runs. */
function howItEnded(job: KubernetesObject): string | undefined {
  const { conditions = [] } = job["status"] as { conditions?: { type: string; status: string }[] };
  return conditions.find(({ type, status }) => status === "True" && ["Complete", "Failed"].includes(type))?.type;
}
