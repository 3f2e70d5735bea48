import assert from "node:assert/strict";
import { createMonitoring } from "../../components/monitoring/monitoring.ts";
import { monitoredOf } from "../../stacks/monitored.ts";
import type { MonitoringPlan } from "../../stacks/plan.ts";
import { evaluateRaw, fixtureConfig, objectsOf as objectsOfStack } from "../program/support.ts";
import { objectsOf, platform, type RequestedObject } from "../unit/objectsOf.ts";
import { useDefinitions } from "./definitions.ts";

const FOLDER = "example/prometheus-operator-crd";

/** A PodMonitor that only such a site has. */
const OWN: Record<string, string> = { ceph: "ceph", external: "objects" };

const KINDS = ["podmonitors", "probes", "prometheusrules"];

describe("monitoring of kind operator", function () {
  this.timeout(1_800_000);
  const { stack, dryRun } = useDefinitions(
    "github.com/prometheus-operator/prometheus-operator@v0.94.0",
    ...KINDS.map((kind) => `${FOLDER}/monitoring.coreos.com_${kind}.yaml`),
  );

  /** What it makes for the local stack's services. */
  const objects = async (): Promise<RequestedObject[]> => {
    const { site, namespaces } = stack();
    const plan: MonitoringPlan = {
      ...site.monitoring!,
      kind: "operator",
      namespace: "monitoring",
      podLabels: {},
      objectLabels: { release: "prometheus" },
    };
    const services = monitoredOf(site, namespaces);
    const made = await objectsOf(() =>
      createMonitoring("a-monitoring", { plan, platform: { ...platform, namespaces }, services }, {}),
    );
    return made.filter(({ apiVersion }) => apiVersion.startsWith("monitoring.coreos.com/"));
  };

  it("is accepted by an API server that has the operator's definitions", async () => {
    const wanted = await objects();
    assert.deepEqual([...new Set(wanted.map(({ kind }) => kind))].toSorted(), [
      "PodMonitor",
      "Probe",
      "PrometheusRule",
    ]);
    assert.equal((await dryRun(wanted)).split("\n").length, wanted.length);
  });

  for (const name of ["ceph", "external"]) {
    it(`is accepted, too, on a site as in the fixture ${name}`, async () => {
      const made = objectsOfStack(await evaluateRaw(`schema${name}`, fixtureConfig(name)));
      // The dry run wants a namespace that exists; theirs does not.
      const { data: namespace } = stack().namespaces;
      const wanted = made
        .filter(({ apiVersion }) => apiVersion.startsWith("monitoring.coreos.com/"))
        .map((one) => ({ ...one, metadata: { ...one.metadata, namespace } }));
      assert.ok(wanted.some((one) => one.metadata.name === OWN[name] && one.kind === "PodMonitor"));
      assert.ok(wanted.some(({ kind }) => kind === "PrometheusRule"));
      assert.equal((await dryRun(wanted)).split("\n").length, wanted.length);
    });
  }

  it("would be refused with a field or a value that the definitions do not know", async () => {
    const [wrong] = (await objects()).filter(({ kind }) => kind === "PodMonitor");
    await assert.rejects(dryRun([{ ...wrong, spec: { ...wrong!.spec, madeUp: true } }]), /madeUp/);
    const endpoint = { port: "patroni", interval: "often" };
    await assert.rejects(dryRun([{ ...wrong, spec: { ...wrong!.spec, podMetricsEndpoints: [endpoint] } }]), /interval/);
  });
});
