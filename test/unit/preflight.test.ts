import assert from "node:assert/strict";
import { preflight, type ClusterFacts } from "../../components/cluster/preflight.ts";
import { plan } from "../../stacks/topology.ts";
import { fullConfig, validConfig } from "./support.ts";

const [site] = plan("geo", validConfig(fullConfig)).sites;
const storageClass = (name: string, expandable = false) => ({
  name,
  provisioner: "cinder.csi.openstack.org",
  parameters: {},
  mountOptions: [],
  expandable,
});
const facts: ClusterFacts = {
  nodes: [
    { name: "n1", zone: "a" },
    { name: "n2", zone: "b" },
    { name: "n3", zone: "a" },
  ],
  storageClasses: [storageClass("ssd"), storageClass("hdd")],
  volumes: [],
  csiDrivers: [],
  claims: [],
  namespaces: [{ name: "default", ours: false }],
  certManager: false,
  rook: false,
  upgrading: false,
  kubernetes: { major: 1, minor: 35 },
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
