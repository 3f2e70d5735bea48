import assert from "node:assert/strict";
import { checkCephFacts } from "../../components/cluster/cephFacts.ts";
import type { ClusterFacts } from "../../components/cluster/preflight.ts";
import { cephVersion, CEPH_IMAGE, refuseCephImage } from "../../stacks/cephReleases.ts";
import type { CephPlan } from "../../stacks/cephPlan.ts";
import { findMistakes } from "../../stacks/check/check.ts";
import { monitoredOf } from "../../stacks/monitored.ts";
import type { SitePlan } from "../../stacks/plan.ts";
import { plan } from "../../stacks/topology.ts";
import { platform } from "./objectsOf.ts";
import { bareCluster, cephConfig, validConfig } from "./support.ts";

const [site] = cephConfig["archipel:sites"];
const objects = cephConfig["archipel:objects"];
const capabilities = { ...site.capabilities, zones: ["a", "b", "c"] };

const sitePlan = (changes: object = {}, siteChanges: object = {}, stack = "geo"): SitePlan =>
  plan(
    stack,
    validConfig({
      ...cephConfig,
      "archipel:sites": [{ ...site, ...siteChanges }],
      "archipel:objects": { ...objects, ...changes },
    }),
  ).sites[0]!;

const cephOf = (...args: Parameters<typeof sitePlan>): CephPlan => {
  const { objects: store } = sitePlan(...args);
  if (store?.kind !== "ceph") throw new Error("the site has no Ceph");
  return store;
};

/** Paths and what is allowed there, of the mistakes of a changed config. */
function mistakesOf(changes: object, siteChanges: object = {}, more: object = {}, stack = "geo"): [string, string][] {
  const config = validConfig({
    ...cephConfig,
    "archipel:sites": [{ ...site, ...siteChanges }],
    "archipel:objects": { ...objects, ...changes },
    ...more,
  });
  const context = { stack, images: ["notes"], secrets: ["offsiteId", "offsiteKey"], wrong: [] };
  return findMistakes(config, context).map(({ path, allowed }) => [path, allowed]);
}

const image = (tag: string): string => `quay.io/ceph/ceph:${tag}@sha256:${"0".repeat(64)}`;

describe("a release of Ceph", () => {
  it("is refused by name where it breaks what stacks use, with the reason", () => {
    for (const version of ["19.2.6", "20.2.4"]) {
      const [[path, allowed] = []] = mistakesOf({ image: image(`v${version}`) });
      assert.equal(path, "archipel:objects.image");
      assert.match(allowed!, new RegExp(`${version}.*forwarded multisite writes`));
      assert.match(refuseCephImage(image(`v${version}-20260101`))!, /forwarded multisite writes/);
    }
  });

  it("is taken where it breaks nothing known, from any registry", () => {
    assert.deepEqual(mistakesOf({}), []);
    assert.equal(refuseCephImage(CEPH_IMAGE), undefined);
    assert.equal(refuseCephImage(image("v19.2.5").replace("quay.io", "mirror.example.org:5000")), undefined);
    assert.equal(cephVersion(CEPH_IMAGE), "20.2.2");
  });

  it("must be one that Rook runs, and named by the tag", () => {
    assert.match(refuseCephImage(image("v18.2.4"))!, /19\.2 or 20\.2/);
    assert.match(refuseCephImage(image("v20"))!, /names a release/);
    assert.match(refuseCephImage(image("latest"))!, /names a release/);
  });
});

describe("a Ceph's config", () => {
  it("is refused on fewer nodes than there are copies", () => {
    const two = { capabilities: { ...site.capabilities, nodes: 2, zones: [] } };
    assert.deepEqual(
      mistakesOf({}, two).map(([path]) => path),
      ["archipel:sites[0].capabilities.nodes"],
    );
  });

  it("says which devices it may write to, in exactly one way", () => {
    for (const devices of [{}, { deviceFilter: "^sd", useAllDevices: true }, { deviceClass: "ssd" }]) {
      assert.deepEqual(
        mistakesOf({ devices }).map(([path]) => path),
        ["archipel:objects.devices"],
      );
    }
    for (const devices of [{ useAllDevices: true }, { devicePathFilter: "^/dev/disk" }]) {
      assert.deepEqual(mistakesOf({ devices }), []);
    }
  });

  it("brings no chart to a sandbox", () => {
    assert.deepEqual(
      mistakesOf({}, { sandbox: true }).map(([path]) => path),
      ["archipel:objects.operator.kind"],
    );
    assert.deepEqual(mistakesOf({ operator: { kind: "existing" } }, { sandbox: true }), []);
  });

  it("gives nobody the name of the buckets' owner, and no gateway a node that is not there", () => {
    const [notes] = cephConfig["archipel:apps"];
    const users = [{ name: "bucket-owner", access: [{ bucket: "files" }] }];
    const apps = [{ ...notes, name: "bucket-owner" }];
    assert.deepEqual(
      mistakesOf({ users, gateways: 4 }, {}, { "archipel:apps": apps }).map(([path]) => path),
      ["archipel:objects.gateways", "archipel:objects.users[0].name", "archipel:apps[0].name"],
    );
  });

  it("has an operator whose charts fit, and names that its drivers can carry", () => {
    assert.deepEqual(
      mistakesOf({ operator: { version: "v1.19.3" } }).map(([path]) => path),
      ["archipel:objects.operator.version"],
    );
    const long = "an-observatory-with-a-long";
    assert.deepEqual(
      mistakesOf({}, { name: "grenoble-annex-2" }, {}, long).map(([path]) => path),
      ["archipel:sites[0].name"],
    );
    const adopted = { adoptNamespaces: ["geo-site1-ceph"] };
    assert.deepEqual(mistakesOf({}, adopted), []);
  });
});

describe("a Ceph's plan", () => {
  it("spreads copies and monitors over three zones where there are three, else over nodes", () => {
    const zoned = cephOf({}, { capabilities: { ...capabilities, zones: ["a", "b", "c", "d"], nodes: 4 } });
    assert.deepEqual([zoned.failureDomain, zoned.monitorZones], ["zone", ["a", "b", "c"]]);
    const flat = cephOf();
    assert.deepEqual([flat.failureDomain, flat.monitorZones], ["host", []]);
  });

  it("stands in a namespace of its own, or where the operator is", () => {
    const own = cephOf();
    assert.deepEqual([own.namespace, own.ownNamespace?.name], ["geo-site1-ceph", "geo-site1-ceph"]);
    assert.equal(own.host, "rook-ceph-rgw-objects.geo-site1-ceph.svc.cluster.local");
    const guest = cephOf({ operator: { kind: "existing" } });
    assert.deepEqual([guest.namespace, guest.ownNamespace], ["rook-ceph", undefined]);
  });

  it("has a certificate for the name that clients use, where the gateways read it", () => {
    const { certificates } = sitePlan();
    const { host, certificate, namespace } = cephOf();
    const one = certificates.find(({ secret }) => secret === certificate);
    assert.equal(one?.namespace, namespace);
    assert.ok(one.dnsNames.includes(host));
    // Rook's operator asks by this one.
    assert.ok(one.dnsNames.includes("rook-ceph-rgw-objects.geo-site1-ceph.svc"));
  });

  it("keeps volumes whose claim is gone, but not in a sandbox unless told to", () => {
    const existing = { operator: { kind: "existing" } };
    assert.equal(cephOf().reclaim, "Retain");
    assert.equal(cephOf(existing, { sandbox: true }).reclaim, "Delete");
    assert.equal(cephOf({ ...existing, reclaim: "Retain" }, { sandbox: true }).reclaim, "Retain");
  });

  it("backs the database up to it", () => {
    const { database } = sitePlan();
    assert.equal(database!.backup!.repositories[0]!.endpoint, `${cephOf().host}:8443`);
  });

  it("is watched at its managers only", () => {
    const { scrapes, tlsServers } = monitoredOf(sitePlan(), platform.namespaces).find(({ name }) => name === "ceph")!;
    assert.deepEqual(
      scrapes.map(({ job, podLabels }) => [job, podLabels]),
      [["ceph", { app: "rook-ceph-mgr" }]],
    );
    assert.deepEqual(
      tlsServers!.map(({ host }) => host),
      [cephOf().host],
    );
  });
});

describe("a Ceph's cluster", () => {
  const facts: ClusterFacts = {
    ...bareCluster,
    namespaces: [{ name: "rook-ceph", ours: false }],
    rook: true,
  };
  const existing = { operator: { kind: "existing" } };
  const paths = (changes: object, more: Partial<ClusterFacts> = {}): string[] =>
    checkCephFacts(sitePlan(changes), { ...facts, ...more }).map(({ path }) => path);

  it("has the operator that config says is there", () => {
    assert.deepEqual(paths(existing), []);
    assert.deepEqual(paths(existing, { rook: false }), ["archipel:objects.operator"]);
    assert.deepEqual(paths(existing, { namespaces: [] }), ["archipel:objects.operator"]);
    assert.deepEqual(paths({}, { rook: false, namespaces: [] }), []);
  });

  it("has the nodes whose devices config names", () => {
    const devices = { deviceFilter: "^sd", nodes: ["n1", "n2", "n33"] };
    assert.deepEqual(
      checkCephFacts(sitePlan({ devices }), facts).map(({ path, hint }) => [path, hint]),
      [["archipel:objects.devices.nodes[2]", "did you mean n3?"]],
    );
  });
});
