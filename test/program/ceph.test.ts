import assert from "node:assert/strict";
import type { Resource } from "../../cli/render/evaluate.ts";
import { isKubernetes, objectsBySite, renderFiles } from "../../cli/render/manifests.ts";
import { evaluateRaw, fixtureConfig, objectsOf } from "./support.ts";

const config = fixtureConfig("ceph");
const [site] = config["archipel:sites"] as [{ capabilities: object }];
const store = config["archipel:objects"] as object;

const RELEASE = "kubernetes:helm.sh/v3:Release";
const isRook = ({ inputs }: Resource): boolean =>
  String((inputs as { apiVersion?: string }).apiVersion).startsWith("ceph.rook.io/");

describe("a stack with Ceph", () => {
  let resources: Resource[];
  const named = (name: string): Resource => resources.find((one) => one.name === name)!;
  const specs = (...kinds: string[]): unknown[] => objectsOf(resources, ...kinds).map((one) => one["spec"]);

  before(async () => {
    resources = await evaluateRaw("ceph", config);
  });

  /** Everything that must be there before a resource, directly or not. */
  function earlierThan(name: string, seen = new Set<string>()): Set<string> {
    for (const one of named(name)?.options.dependsOn ?? []) {
      if (seen.has(one)) continue;
      seen.add(one);
      earlierThan(one, seen);
    }
    return seen;
  }

  it("makes Rook's objects in the order in which Rook can, and lets them go in the reverse one", () => {
    const chain = [
      "site1-cluster-storage",
      "site1-objects-operator",
      "site1-objects-operator-drivers",
      "site1-objects-cluster",
      "site1-objects-gateway",
      "site1-objects-user-notes-account",
    ];
    chain.forEach((name, index) => {
      assert.ok(named(name), name);
      for (const earlier of chain.slice(0, index))
        assert.ok(earlierThan(name).has(earlier), `${name} after ${earlier}`);
    });
    // The gateways wait for their certificate, and the first backup for them.
    assert.ok(earlierThan("site1-objects-gateway").has("site1-certificates-issue"));
    assert.ok(earlierThan("site1-database-backup-first").has("site1-objects-gateway"));
    assert.ok(earlierThan("site1-objects-converge").has("site1-objects-user-notes-account"));
    for (const name of ["block", "shared"]) {
      assert.ok(earlierThan(`site1-objects-volumes-${name}`).has("site1-objects-cluster"));
      assert.ok(earlierThan(`site1-objects-volumes-${name}-class`).has(`site1-objects-volumes-${name}`));
    }
  });

  it("waits until Rook calls each of its objects ready", () => {
    const objects = objectsOf(resources.filter(isRook));
    assert.ok(objects.length >= 8);
    for (const { kind, metadata } of objects) {
      assert.equal(metadata.annotations!["pulumi.com/waitFor"], "jsonpath={.status.phase}=Ready", kind);
    }
  });

  it("protects and keeps everything without which data is lost or cannot be let go", () => {
    const kept = resources.filter(
      (one) => one.type === RELEASE || (isRook(one) && !one.type.endsWith("CephObjectStoreUser")),
    );
    assert.equal(kept.length, 6);
    for (const { urn, options } of [...kept, named("site1-cluster-storage")]) {
      assert.deepEqual([options.protect, options.retainOnDelete], [true, true], urn);
    }
    for (const user of resources.filter(({ type }) => type.endsWith("CephObjectStoreUser"))) {
      assert.deepEqual([user.options.protect, user.options.retainOnDelete], [undefined, true], user.urn);
    }
    const [cluster] = specs("CephCluster") as [{ cleanupPolicy: { confirmation: string } }];
    assert.equal(cluster.cleanupPolicy.confirmation, "");
    assert.equal((specs("CephFilesystem")[0] as Record<string, unknown>)["preserveFilesystemOnDelete"], true);
    assert.equal((specs("CephObjectStore")[0] as Record<string, unknown>)["preservePoolsOnDelete"], true);
  });

  it("has three copies of everything, in three zones, and takes no write with fewer than two", () => {
    const pools = JSON.stringify(specs("CephBlockPool", "CephFilesystem", "CephObjectStore"));
    const count = (text: string): number => pools.split(text).length - 1;
    for (const text of ['"size":3', '"min_size":"2"', '"failureDomain":"zone"', '"requireSafeReplicaSize":true']) {
      assert.equal(count(text), 5, text);
    }
    assert.equal(count('"deviceClass":"nvme"'), 5);
  });

  it("encrypts on the wire, and asks for no plain port", () => {
    const [{ network }] = specs("CephCluster") as [{ network: { connections: Record<string, unknown> } }];
    assert.deepEqual(network.connections["encryption"], { enabled: true });
    assert.equal(network.connections["requireMsgr2"], true);
    const [{ gateway }] = specs("CephObjectStore") as [{ gateway: Record<string, unknown> }];
    assert.deepEqual([gateway["port"], gateway["securePort"]], [undefined, 8443]);
  });

  it("hands generated keys to Rook by reference, to users who can make no bucket, and to the buckets' owner", () => {
    const users = objectsOf(resources, "CephObjectStoreUser");
    const secrets = objectsOf(resources, "Secret").map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    assert.deepEqual(
      users.map(({ metadata }) => metadata.name),
      ["bucket-owner", "notes", "pg-backup-2", "pg-backup", "scientist"],
    );
    for (const { metadata, ...user } of users) {
      const spec = user["spec"] as { keys: { secretKeyRef: { name: string } }[]; quotas?: { maxBuckets: number } };
      assert.ok(secrets.includes(`${metadata.namespace}/${spec.keys[0]!.secretKeyRef.name}`));
      assert.equal(spec.quotas?.maxBuckets, metadata.name === "bucket-owner" ? undefined : -1);
    }
  });

  it("shows a chart as what is needed first, and not as an object", () => {
    const { "site1.yaml": manifests } = renderFiles(resources);
    assert.match(manifests!, /^# Needed first: chart oci:\/\/mirror\.example\.org\/charts\/rook-ceph v1\.20\.6 as /);
    assert.match(manifests!, /\n# Needed first: chart ceph-csi-drivers 1\.0\.4 of https:\/\/ceph\.github\.io\//);
    assert.equal(resources.filter((one) => one.type === RELEASE).some(isKubernetes), false);
    for (const { provider } of resources.filter((one) => one.type === RELEASE)) {
      assert.match(provider, /::site1-cluster-provider::/);
    }
  });

  it("has no toolbox unless config says so", async () => {
    assert.equal(named("site1-objects-toolbox"), undefined);
    const more = await evaluateRaw("ceph", { ...config, "archipel:objects": { ...store, toolbox: true } });
    assert.ok(more.some(({ name }) => name === "site1-objects-toolbox"));
  });

  it("brings neither operator nor namespace where the site has Rook, and leaves the others' pods alone", async () => {
    const operator = { kind: "existing", namespace: "rook-ceph" };
    const guest = await evaluateRaw("ceph", {
      ...config,
      "archipel:sites": [{ ...site, sandbox: true, cluster: {} }],
      "archipel:objects": { ...store, operator },
    });
    assert.equal(guest.filter((one) => one.type === RELEASE).length, 0);
    const there = objectsBySite(guest)
      .get("site1")!
      .filter(({ metadata }) => metadata.namespace === "rook-ceph" || metadata.name === "rook-ceph");
    assert.deepEqual(
      there.filter(({ kind }) => kind === "NetworkPolicy").map(({ metadata }) => metadata.name),
      ["ceph-daemons", "ceph-gateways", "ceph-metrics"],
    );
    assert.ok(there.every(({ kind }) => kind !== "Namespace"));
    assert.deepEqual(
      guest.filter(({ options }) => options.protect).map(({ urn }) => urn),
      [],
    );
  });
});
