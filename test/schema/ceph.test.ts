import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../cli/projectRoot.ts";
import type { KubernetesObject } from "../../cli/render/manifests.ts";
import { evaluateRaw, fixtureConfig, objectsOf } from "../program/support.ts";
import { useDefinitionFiles } from "./definitions.ts";

/** Rook's definitions are in no registry of packages: a file beside the project, or wherever this says. */
const FILE = process.env["ARCHIPEL_ROOK_CRDS"] ?? join(projectRoot, "../shared/crds/rook-ceph-crds.yaml");

/** Another stack in the same cluster: its namespaces are made for real, everything else only tried. */
const STACK = "schemaceph";

describe("a site with Ceph", function () {
  this.timeout(1_800_000);
  const { stack, dryRun } = useDefinitionFiles("Rook's definitions", () =>
    Promise.resolve(
      existsSync(FILE)
        ? { files: [FILE] }
        : { reason: `${FILE} does not exist, and ARCHIPEL_ROOK_CRDS names no other` },
    ),
  );
  let objects: KubernetesObject[];

  before(async () => {
    if (!stack()) return;
    // Monitors of the site's Prometheus have definitions and a test of their own.
    const all = objectsOf(await evaluateRaw(STACK, { ...fixtureConfig("ceph"), "archipel:monitoring": undefined }));
    const namespaces = all.filter(({ kind }) => kind === "Namespace");
    objects = all.filter(({ kind }) => kind !== "Namespace");
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: namespaces });
    await stack().kubectl.run(["apply", "--server-side", "--filename", "-"], list);
  });

  after(async () => {
    if (!objects) return;
    const names = ["system", "data", "edge", "apps", "ceph"].map((role) => `${STACK}-site1-${role}`);
    await stack().kubectl.run(["delete", "namespace", "--ignore-not-found", "--wait=false", ...names]);
  });

  const rook = (): KubernetesObject[] => objects.filter(({ apiVersion }) => apiVersion === "ceph.rook.io/v1");

  it("is accepted by an API server that has Rook's definitions, to the last object", async () => {
    assert.deepEqual([...new Set(rook().map(({ kind }) => kind))].toSorted(), [
      "CephBlockPool",
      "CephCluster",
      "CephFilesystem",
      "CephObjectStore",
      "CephObjectStoreUser",
    ]);
    // An encrypted value is a placeholder, which is no registry's credentials.
    const tried = objects.filter((one) => one["type"] !== "kubernetes.io/dockerconfigjson");
    assert.equal((await dryRun(tried)).split("\n").length, tried.length);
  });

  it("would be refused with a field or a value that the definitions do not know", async () => {
    const of = (kind: string): KubernetesObject => rook().find((one) => one.kind === kind)!;
    const changed = (kind: string, changes: object): KubernetesObject => ({
      ...of(kind),
      spec: { ...(of(kind)["spec"] as object), ...changes },
    });
    await assert.rejects(dryRun([changed("CephCluster", { madeUp: true })]), /madeUp/);
    await assert.rejects(dryRun([changed("CephCluster", { cleanupPolicy: { confirmation: "yes" } })]), /confirmation/);
    await assert.rejects(dryRun([changed("CephObjectStoreUser", { capabilities: { buckets: "all" } })]), /buckets/);
  });
});
