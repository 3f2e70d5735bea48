import assert from "node:assert/strict";
import { applySite } from "../../cli/apply/apply.ts";
import type { Kubectl } from "../../cli/kubectl.ts";
import type { KubernetesObject } from "../../cli/render/manifests.ts";
import type { Step } from "../../cli/step.ts";
import { UserError } from "../../cli/userError.ts";
import { beforeTheRest } from "../../components/job.ts";

const object = (kind: string, name: string, annotations: Record<string, string> = {}): KubernetesObject => ({
  apiVersion: "v1",
  kind,
  metadata: { name, namespace: kind === "Namespace" ? undefined : "data", annotations },
  spec: {},
});

const SITE = [
  object("StatefulSet", "member"),
  object("Job", "check", beforeTheRest),
  object("Secret", "members"),
  object("Secret", "check", beforeTheRest),
  object("Namespace", "data"),
];

/** A cluster in which every workload is ready, and the Job `check` as it is told. */
class Cluster {
  /** What was applied, in this order; each name once. */
  readonly applied = new Set<string>();
  /** Names in the inventory, whenever it was written. */
  readonly inventories: string[][] = [];

  constructor(private readonly checkStatus: object) {}

  readonly kubectl: Kubectl = {
    program: "kubectl",
    base: [],
    run: (args, input) => {
      if (args[0] === "apply") this.#apply(JSON.parse(input!) as KubernetesObject & { items?: KubernetesObject[] });
      return Promise.resolve("");
    },
    list: ([what]) => Promise.resolve(what?.startsWith("deployments") ? this.#workloads() : []),
  };

  #apply(given: KubernetesObject & { items?: KubernetesObject[]; data?: { inventory?: string } }): void {
    const inventory = given.data?.inventory;
    if (inventory) this.inventories.push(Object.keys(JSON.parse(inventory) as object));
    for (const { kind, metadata } of given.items ?? []) this.applied.add(`${kind} ${metadata.name}`);
  }

  #workloads(): KubernetesObject[] {
    const ready = { readyReplicas: 1, replicas: 1, updatedReplicas: 1 };
    return SITE.filter((one) => this.applied.has(`${one.kind} ${one.metadata.name}`)).map((one) => ({
      ...one,
      status: one.kind === "Job" ? this.checkStatus : ready,
    }));
  }
}

const step: Step = (_title, work) => work(() => undefined);

const apply = (cluster: Cluster) =>
  applySite(cluster.kubectl, { objects: SITE, systemNamespace: "system", step, timeoutSeconds: 5 });

describe("applying a site", () => {
  it("begins with the Jobs that are marked so and what they need, then all of it", async () => {
    const cluster = new Cluster({ succeeded: 1 });
    await apply(cluster);
    assert.deepEqual(
      [...cluster.applied],
      ["Namespace data", "Secret check", "Job check", "Secret members", "StatefulSet member"],
    );
  });

  it("touches nothing else where such a Job fails, and knows what it made", async () => {
    const cluster = new Cluster({ conditions: [{ type: "Failed", status: "True" }] });
    await assert.rejects(apply(cluster), (error: Error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /^these Jobs failed for good; nothing else was touched:\n {2}Job data\/check\n/);
      return true;
    });
    assert.deepEqual([...cluster.applied], ["Namespace data", "Secret check", "Job check"]);
    assert.deepEqual(cluster.inventories, [["Namespace/data", "Secret/check data", "Job/check data"]]);
  });
});
