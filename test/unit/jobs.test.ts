import assert from "node:assert/strict";
import { KubectlError, type Kubectl } from "../../cli/kubectl.ts";
import type { KubernetesObject } from "../../cli/render/manifests.ts";
import { runJob, type JobSpec } from "../../cli/site/jobs.ts";

const spec: JobSpec = { template: { spec: { containers: [{ name: "copy", command: ["copy"] }] } } };

/** A Job with an end. */
const ended = (type: "Complete" | "Failed"): KubernetesObject =>
  ({ metadata: { name: "a" }, status: { conditions: [{ type, status: "True" }] } }) as unknown as KubernetesObject;

/** A cluster that gives these answers in turn, errors by their message; tells what it was asked. */
function cluster(answers: { job: (KubernetesObject | string)[]; logs: (string | Error)[] }) {
  const asked: string[] = [];
  const next = <T>(list: T[]): T => list.shift()!;
  const kubectl = {
    run: (args: string[]) => {
      asked.push(args[0]!);
      const answer = args[0] === "logs" ? next(answers.logs) : "";
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    list: () => {
      const answer = next(answers.job);
      return typeof answer === "string" ? Promise.reject(new KubectlError(answer)) : Promise.resolve([answer]);
    },
  } as unknown as Kubectl;
  return { place: { kubectl, namespace: "n" }, asked };
}

describe("a Job that is waited for", () => {
  const silent = "etcdserver: request timed out";

  it("is not given up, nor its log, because the cluster gave no answer once", async () => {
    const { place } = cluster({
      job: [silent, ended("Complete")],
      logs: [new KubectlError("connection refused"), "[{}]"],
    });
    assert.deepEqual(await runJob(place, "a", spec, 60), { succeeded: true, log: "[{}]" });
  });

  it("has failed also where nothing of its pod is left", async () => {
    const { place, asked } = cluster({ job: [ended("Failed")], logs: [new KubectlError("no pod")] });
    assert.deepEqual(await runJob(place, "a", spec, 60), { succeeded: false, log: "" });
    assert.deepEqual(asked, ["delete", "create", "logs", "delete"]);
  });
});
