import assert from "node:assert/strict";
import type { V1Job } from "@kubernetes/client-node";
import { preflight, type ClusterFacts } from "../../components/cluster/preflight.ts";
import { generationAnnotations, liveGenerations } from "../../components/generations.ts";
import { plan } from "../../stacks/topology.ts";
import { bareCluster, fullConfig, validConfig } from "./support.ts";

const [site] = plan("geo", validConfig(fullConfig)).sites;
const storageClass = (name: string, expandable = false) => ({
  name,
  provisioner: "cinder.csi.openstack.org",
  parameters: {},
  mountOptions: [],
  expandable,
});
const facts: ClusterFacts = {
  ...bareCluster,
  storageClasses: [storageClass("ssd"), storageClass("hdd")],
  namespaces: [{ name: "default", ours: false }],
};

/** Paths and hints of what differs. */
const differences = (changes: Partial<ClusterFacts>): [string, string | undefined][] =>
  preflight(site!, { ...facts, ...changes }, "archipel:sites[0]", "pulumi").map((one) => [one.path, one.hint]);

describe("preflight", () => {
  it("accepts a cluster that has what config says", () => assert.deepEqual(differences({}), []));

  it("keeps a database on the version of PostgreSQL that it has, until it is upgraded", () => {
    assert.deepEqual(differences({ postgres: 17 }), []);
    const [newer, older, standing] = [{ postgres: 16 }, { postgres: 18 }, { postgres: 17, upgrading: true }].map(
      (facts) => {
        const [[path, hint] = []] = differences(facts);
        assert.equal(path, "archipel:database.version");
        return hint!;
      },
    );
    assert.match(newer!, /archipel upgrade STACK takes it to 17/);
    assert.match(older!, /set it to 18/);
    assert.match(standing!, /archipel upgrade STACK goes on/);
  });

  it("lets passwords be replaced one generation at a time, once the one before is in force", () => {
    const generations = (databaseHas: number, settled: boolean) => {
      const at = (generation: number) => ({ generation, settled });
      return differences({
        generations: { database: at(databaseHas), dcs: at(1), "role reader": at(1), "role gone": at(7) },
      });
    };
    assert.deepEqual(generations(1, true), []);
    assert.deepEqual(generations(1, false), []);
    const hint = "apply one generation at a time, and never an earlier one";
    assert.deepEqual(generations(2, true), [["archipel:database.generation", hint]]);

    const wanted = (changes: object, live: ClusterFacts["generations"]): string[] => {
      const [raised] = plan("geo", validConfig({ ...fullConfig, ...changes })).sites;
      return preflight(raised!, { ...facts, generations: live }, "archipel:sites[0]", "pulumi").map(({ path }) => path);
    };
    const raised = (accounts: number, dcs: number, reader: number): object => ({
      "archipel:database": {
        ...fullConfig["archipel:database"],
        generation: accounts,
        roles: [{ name: "writer" }, { name: "reader", generation: reader }],
      },
      "archipel:dcs": { generation: dcs },
    });
    const live = (settled: boolean): ClusterFacts["generations"] =>
      Object.fromEntries(["database", "dcs", "role reader"].map((key) => [key, { generation: 1, settled }]));
    const all = ["archipel:dcs.generation", "archipel:database.generation", "archipel:database.roles[1].generation"];
    assert.deepEqual(wanted(raised(2, 2, 2), live(true)), []);
    assert.deepEqual(wanted(raised(3, 3, 3), live(true)), all);
    assert.deepEqual(wanted(raised(2, 2, 2), live(false)), all);
    assert.deepEqual(wanted(raised(3, 3, 3), {}), []);
  });

  it("knows from a cluster's Jobs which passwords are in force: the newest one counts", () => {
    const job = (second: number, generations: Record<string, number>, succeeded?: number): V1Job => ({
      metadata: { annotations: generationAnnotations(generations), creationTimestamp: new Date(second * 1000) },
      status: { succeeded },
    });
    assert.deepEqual(
      liveGenerations([job(3, { database: 2 }), job(1, { database: 1 }, 1), job(2, { dcs: 4 }, 1), { metadata: {} }]),
      { database: { generation: 2, settled: false }, dcs: { generation: 4, settled: true } },
    );
  });

  it("refuses a Kubernetes that does not know what it is asked for", () => {
    const old = differences({ kubernetes: { major: 1, minor: 33 } });
    assert.deepEqual(old, [["archipel:sites[0].cluster", "upgrade the cluster first"]]);
    assert.deepEqual(differences({ kubernetes: { major: 1, minor: 34 } }), []);
  });

  it("names missing nodes, zones and StorageClasses", () => {
    assert.deepEqual(differences({ nodes: [{ name: "n1", zone: "a" }], storageClasses: [storageClass("sdd")] }), [
      ["archipel:sites[0].capabilities.nodes", "lower it, or bring the missing nodes back"],
      ["archipel:sites[0].capabilities.zones", "did you mean a?"],
      ["archipel:sites[0].capabilities.storageClasses.block", "did you mean sdd?"],
    ]);
  });

  it("refuses a volume that would shrink, and one that would have to grow and cannot", () => {
    const GiB = 2 ** 30;
    const claims = (gibibytes: number) =>
      ["pg-0-data", "pg-1-data", "minio-0-data-0"].map((name) => ({
        namespace: "geo-site1-data",
        storageClass: "ssd",
        accessModes: ["ReadWriteOnce"],
        name,
        size: `${gibibytes}Gi`,
        bytes: gibibytes * GiB,
      }));
    const growing = [storageClass("ssd", true)];
    const paths = (changes: Partial<ClusterFacts>) => differences(changes).map(([path]) => path);
    assert.deepEqual(paths({ claims: claims(10) }), []);
    assert.deepEqual(paths({ claims: claims(20), storageClasses: growing }), [
      "archipel:database.storage",
      "archipel:objects.driveSize",
    ]);
    assert.deepEqual(paths({ claims: claims(5) }), ["archipel:database.storage", "archipel:objects.driveSize"]);
    assert.deepEqual(paths({ claims: claims(5), storageClasses: growing }), []);
  });

  it("refuses a layout without drives that the store has", () => {
    const drive = (name: string, namespace = "geo-site1-data") => ({
      ...{ namespace, name, storageClass: "ssd", accessModes: ["ReadWriteOnce"] },
      ...{ size: "10Gi", bytes: 10 * 2 ** 30 },
    });
    const refusal = (...claims: ReturnType<typeof drive>[]): string | undefined =>
      preflight(site!, { ...facts, claims }, "archipel:sites[0]", "pulumi")[0]?.allowed;
    assert.equal(refusal(drive("minio-2-data-1"), drive("minio-3-data-0", "other")), undefined);
    assert.match(refusal(drive("minio-2-data-1"), drive("minio-3-data-0"))!, /the cluster has minio-3-data-0 too/);
    assert.match(refusal(drive("minio-0-data-2"))!, /the cluster has minio-0-data-2 too/);
  });

  it("refuses namespaces of somebody else, and takes its own", () => {
    const name = "geo-site1-data";
    assert.deepEqual(differences({ namespaces: [{ name, ours: true }] }), []);
    assert.deepEqual(
      differences({ namespaces: [{ name, ours: false }] }).map(([path]) => path),
      ["archipel:sites[0].adoptNamespaces"],
    );
  });

  it("refuses a site that belongs to another way of applying", () => {
    assert.deepEqual(differences({ owner: "pulumi" }), []);
    assert.equal(differences({ owner: "archipel up" }).length, 1);
  });
});
