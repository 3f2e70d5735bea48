import assert from "node:assert/strict";
import { preflight, type ClusterFacts } from "../../components/cluster/preflight.ts";
import { findMistakes } from "../../stacks/check/check.ts";
import { readConfig } from "../../stacks/config.ts";
import type { Mistake } from "../../stacks/mistakes.ts";
import { refuseNfsOption } from "../../stacks/nfsOptions.ts";
import { plan } from "../../stacks/topology.ts";
import type { SitePlan } from "../../stacks/plan.ts";
import { filesConfig } from "../program/filesStack.ts";
import { fixtureConfig } from "../program/support.ts";
import { bareCluster, fullConfig, validConfig } from "./support.ts";

const config = { ...fullConfig, ...filesConfig };
const [catalogue, elevation, thesaurus, , media] = filesConfig["archipel:files"];
const [geonetwork, reader] = filesConfig["archipel:apps"];
const [site] = fullConfig["archipel:sites"];
const context = { stack: "geo", images: ["notes"], secrets: ["offsiteId", "offsiteKey"], wrong: [] as string[] };

const mistakesOf = (changes: Record<string, unknown>): Mistake[] =>
  findMistakes(validConfig({ ...config, ...changes }), context);
const paths = (changes: Record<string, unknown>): string[] => mistakesOf(changes).map(({ path }) => path);
const withShares = (...files: unknown[]): Record<string, unknown> => ({ "archipel:files": files, "archipel:apps": [] });
const withApps = (...apps: unknown[]): Record<string, unknown> => ({ "archipel:apps": apps });

describe("mount options of NFS", () => {
  it("are those of nfs(5)", () => {
    for (const one of ["nolock", "noatime", "hard", "nfsvers=4.1", "rsize=1048576", "sec=krb5p", "nconnect=4"]) {
      assert.equal(refuseNfsOption(one), undefined, one);
    }
  });

  it("are refused with the nearest that exists, or with what may stand behind them", () => {
    assert.equal(refuseNfsOption("nolok")?.hint, "did you mean nolock?");
    assert.equal(refuseNfsOption("local_lock=posx")?.hint, "did you mean posix?");
    assert.match(refuseNfsOption("nfsvers=5")!.allowed, /nfsvers=4\.2/);
    assert.match(refuseNfsOption("rsize")!.allowed, /rsize=NUMBER/);
    assert.match(refuseNfsOption("nolock=1")!.allowed, /without a value/);
  });

  it("leave to the mode and the cluster what is theirs", () => {
    assert.equal(refuseNfsOption("ro")?.hint, "mode: read-only");
    assert.match(refuseNfsOption("bg")!.allowed, /disk of its node/);
  });
});

describe("archipel:files", () => {
  it("takes shares of every kind", () => assert.deepEqual(paths({}), []));

  it("takes the modes that a kind can have, and whole paths", () => {
    const shapes = (...files: unknown[]) => readConfig({ ...config, "archipel:files": files }).mistakes;
    const wrong = [
      { ...media, mode: "read-only" },
      { ...catalogue, export: "projects/x" },
      { ...catalogue, export: "/projects/../x" },
      { ...catalogue, kind: "smb" },
      { ...catalogue, options: ["nolock,noatime"] },
    ];
    assert.deepEqual(
      shapes(...wrong).map(({ path }) => path.replace("archipel:files", "")),
      ["[0].mode", "[1].export", "[2].export", "[3].kind", "[4].options[0]"],
    );
  });

  it("names every option that is wrong, and soft where somebody writes", () => {
    const share = { ...catalogue, options: ["bg", "nolock", "nolock", "softt"] };
    assert.deepEqual(paths(withShares(share, { ...catalogue, name: "b", export: "/b", options: ["soft"] })), [
      "archipel:files[0].options[0]",
      "archipel:files[0].options[3]",
      "archipel:files[0].options[2]",
      "archipel:files[1].options",
    ]);
    assert.deepEqual(paths(withShares({ ...elevation, options: ["soft"] })), []);
  });

  it("wants a StorageClass of the site, or all that one is made of", () => {
    const bare = { name: "a", size: "1Gi" };
    assert.deepEqual(
      paths(
        withShares(
          { ...bare, kind: "csi-nfs", server: "filer" },
          { ...bare, name: "b", kind: "manila" },
          { ...bare, name: "c", kind: "manila", storageClass: "manila" },
          { ...thesaurus, storageClass: "nfs" },
        ),
      ),
      [
        "archipel:files[0].export",
        "archipel:files[1].shareType",
        "archipel:files[1].credentials",
        "archipel:files[3].server",
        "archipel:files[3].export",
        "archipel:files[3].options",
      ],
    );
  });

  it("keeps one writer alone: at one site, under one name", () => {
    const twice = { ...catalogue, name: "again", mode: "many-writers" };
    assert.deepEqual(paths(withShares(catalogue, twice)), ["archipel:files[0].export"]);
    const sites = [site, { ...site, name: "site2" }];
    assert.deepEqual(paths({ ...withShares(catalogue), "archipel:sites": sites }), ["archipel:files[0].mode"]);
  });

  it("has to fit into the quota of the apps", () => {
    const bounded = (storage: string) => ({ "archipel:sites": [{ ...site, quotas: { apps: { storage } } }] });
    assert.deepEqual(paths(bounded("283Gi")), []);
    const [mistake] = mistakesOf(bounded("282Gi"));
    assert.equal(mistake?.path, "archipel:sites[0].quotas.apps.storage");
    assert.match(mistake.allowed, /at least 283Gi/);
  });

  it("is no place for databases", () => {
    for (const block of ["cephfs", "geo-site1-files-thesaurus"]) {
      const sites = [{ ...site, capabilities: { ...site.capabilities, storageClasses: { block } } }];
      assert.deepEqual(paths({ "archipel:sites": sites }), ["archipel:sites[0].capabilities.storageClasses.block"]);
    }
  });
});

describe("mounts of an app", () => {
  it("name shares that exist, each in a folder of its own", () => {
    const mounts = [
      { share: "catalog", path: "/a" },
      { share: "media", path: "/a" },
      { share: "media", path: "/tmp/b" },
      { share: "elevation", path: "/c", readOnly: false },
    ];
    assert.deepEqual(
      mistakesOf(withApps({ ...reader, mounts })).map(({ path, hint }) => [
        path.replace("archipel:apps[0].", ""),
        hint,
      ]),
      [
        ["mounts[1].path", "rename or remove one of the two"],
        ["mounts[0].share", "did you mean catalogue?"],
        ["mounts[2].path", undefined],
        ["mounts[3].readOnly", "leave it out, or give elevation another mode"],
      ],
    );
  });

  it("of a share for one writer are one, in one pod", () => {
    const { replicas: _one, ...twoReplicas } = geonetwork!;
    assert.deepEqual(paths(withApps(twoReplicas)), ["archipel:apps[0].replicas"]);
    assert.deepEqual(paths(withApps(geonetwork, { ...geonetwork, name: "other" })), [
      "archipel:apps[1].mounts[0].share",
    ]);
  });

  it("put no database on NFS without locks", () => {
    const open = { ...catalogue, mode: "many-writers" };
    const changed = (share: object, path: string) => ({
      "archipel:files": [share],
      "archipel:apps": [{ ...geonetwork, mounts: [{ share: "catalogue", path }] }],
    });
    for (const path of ["/var/lib/postgresql/data", "/data/db", "/data", "/usr/share/elasticsearch/data"]) {
      assert.deepEqual(paths(changed(open, path)), ["archipel:apps[0].mounts[0].path"], path);
      assert.deepEqual(paths(changed({ ...open, options: ["local_lock=all"] }, path)).length, 1, path);
      assert.deepEqual(paths(changed({ ...open, options: ["hard"] }, path)), [], path);
    }
    assert.deepEqual(paths(changed(open, "/backup")), []);
    const base = { name: "catalogue", size: "1Gi", options: ["nolock"] };
    const made = { ...base, kind: "csi-nfs", server: "filer", export: "/x" };
    const manila = { ...base, kind: "manila", shareType: "nfs", credentials: { secret: "a", namespace: "b" } };
    for (const share of [made, manila]) {
      assert.deepEqual(paths(changed(share, "/data/db")), ["archipel:apps[0].mounts[0].path"], share.kind);
      assert.deepEqual(paths(changed({ ...share, options: [] }, "/data/db")), [], share.kind);
    }
  });

  it("are not judged where the shares are wrong themselves", () => {
    const { config: read } = readConfig({ ...config, "archipel:files": [{ ...catalogue, size: 1 }] });
    assert.deepEqual(findMistakes(read, { ...context, wrong: ["files"] }), []);
  });
});

describe("preflight of shares", () => {
  const [planned] = plan("geo", validConfig(config)).sites;
  const block = {
    name: "ssd",
    provisioner: "cinder.csi.openstack.org",
    parameters: {},
    mountOptions: [],
    expandable: true,
  };
  const cephfs = { ...block, name: "cephfs", provisioner: "rook-ceph.cephfs.csi.ceph.com" };
  const facts: ClusterFacts = {
    ...bareCluster,
    storageClasses: [block, cephfs],
    csiDrivers: ["nfs.csi.k8s.io", "nfs.manila.csi.openstack.org", "rook-ceph.cephfs.csi.ceph.com"],
  };
  const differences = (changes: Partial<ClusterFacts>): Mistake[] =>
    preflight(planned!, { ...facts, ...changes }, "archipel:sites[0]", "pulumi");
  const where = (changes: Partial<ClusterFacts>): string[] => differences(changes).map(({ path }) => path);

  it("accepts a cluster with the drivers and StorageClasses", () => assert.deepEqual(where({}), []));

  it("names missing drivers and StorageClasses that are not there or of another driver", () => {
    assert.deepEqual(
      where({ csiDrivers: [] }),
      [2, 3, 4].map((index) => `archipel:files[${index}].kind`),
    );
    assert.deepEqual(where({ storageClasses: [block] }), ["archipel:files[4].storageClass", "archipel:files[4].kind"]);
    const other = { ...cephfs, provisioner: "rook-ceph.rbd.csi.ceph.com" };
    const [mistake] = differences({ storageClasses: [block, other, { ...cephfs, name: "cephfs2" }] });
    assert.equal(mistake?.path, "archipel:files[4].storageClass");
    assert.equal(mistake.hint, "did you mean cephfs2?");
  });

  it("waits for nothing of a Ceph that comes with the same run", () => {
    const raw = {
      ...fixtureConfig("ceph"),
      "archipel:files": [{ ...media, storageClass: "geo-site1-ceph-shared" }],
      "archipel:apps": [],
    };
    const [own] = plan("geo", validConfig(raw)).sites;
    const found = (one: SitePlan) => preflight(one, { ...facts, csiDrivers: [] }, "", "pulumi").map(({ path }) => path);
    assert.ok(!found(own!).some((path) => path.startsWith("archipel:files")));
  });

  it("refuses to lead a share elsewhere", () => {
    const volume = { name: "geo-site1-files-catalogue", storageClass: "", mountOptions: [] };
    const nfs = { server: catalogue!.server!, path: catalogue!.export! };
    assert.deepEqual(where({ volumes: [{ ...volume, nfs }] }), []);
    assert.deepEqual(where({ volumes: [{ ...volume, nfs: { ...nfs, path: "/elsewhere" } }] }), [
      "archipel:files[0].export",
    ]);
    const made = {
      ...block,
      name: "geo-site1-files-thesaurus",
      provisioner: "nfs.csi.k8s.io",
      parameters: { server: "x" },
    };
    assert.deepEqual(where({ storageClasses: [block, cephfs, made] }), ["archipel:files[2]"]);
  });

  it("refuses sizes, modes and places that a claim cannot take", () => {
    const claim = (share: string, gibibytes: number) => ({
      namespace: "geo-site1-apps",
      storageClass: share === "media" ? "cephfs" : "",
      accessModes: [share === "media" ? "ReadWriteMany" : "ReadWriteOncePod"],
      name: `files-${share}`,
      size: `${gibibytes}Gi`,
      bytes: gibibytes * 2 ** 30,
    });
    assert.deepEqual(where({ claims: [claim("catalogue", 1), claim("media", 40)] }), []);
    assert.deepEqual(where({ claims: [claim("catalogue", 2), claim("media", 30)] }), ["archipel:files[0].size"]);
    assert.deepEqual(where({ claims: [claim("media", 50)] }), ["archipel:files[4].size"]);
    const other = { ...claim("media", 40), storageClass: "manila", accessModes: ["ReadWriteOncePod"] };
    assert.deepEqual(where({ claims: [other] }), ["archipel:files[4].mode", "archipel:files[4].kind"]);
  });

  it("refuses a database of an app on what the cluster mounts without locks", () => {
    const mounted = (share: string, path: string, readOnly = false) => {
      const raw = { ...config, "archipel:apps": [{ ...reader, mounts: [{ share, path, readOnly }] }] };
      return plan("geo", validConfig(raw)).sites[0]!;
    };
    const unlocked = ["nfsvers=3", "nolock"];
    const found = (site: SitePlan, changes: Partial<ClusterFacts>) =>
      preflight(site, { ...facts, ...changes }, "", "pulumi").map(({ path, found }) => `${path} ${found}`);
    const classes = { storageClasses: [block, { ...cephfs, mountOptions: unlocked }] };
    const said = "the StorageClass cephfs with nfsvers=3, nolock, in which elevation has /data/db";
    assert.deepEqual(found(mounted("media", "/data/db"), classes), [`archipel:files[4] ${said}`]);
    assert.deepEqual(found(mounted("media", "/files"), classes), []);
    assert.deepEqual(found(mounted("media", "/data/db", true), classes), []);
    // Its options were taken out of config, and its volume has them still.
    const volume = { name: "pvc-1", storageClass: "geo-site1-files-thesaurus", mountOptions: unlocked };
    const kept = found(mounted("thesaurus", "/var/lib/postgresql"), { volumes: [volume] });
    assert.match(kept.join(), /^archipel:files\[2\] the volume pvc-1 with nfsvers=3, nolock/);
  });

  it("refuses databases on NFS, above all without locks", () => {
    const nfs = { ...block, provisioner: "k8s-sigs.io/nfs-subdir-external-provisioner" };
    const said = (changes: Partial<ClusterFacts>): string =>
      differences(changes)
        .map(({ allowed }) => allowed)
        .join();
    assert.match(said({ storageClasses: [nfs, cephfs] }), /PostgreSQL, etcd, the object store, Prometheus stand on it/);
    assert.match(said({ storageClasses: [{ ...nfs, mountOptions: ["nolock"] }, cephfs] }), /without locks/);
    for (const one of [
      { ...block, mountOptions: ["nolock"] },
      { ...block, provisioner: "csi.trident.netapp.io", parameters: { backendType: "ontap-nas-economy" } },
      { ...block, provisioner: "nfs.csi.k8s.io" },
    ]) {
      assert.deepEqual(where({ storageClasses: [one, cephfs] }), [
        "archipel:sites[0].capabilities.storageClasses.block",
      ]);
    }
    const byHand = { name: "v", storageClass: "ssd", mountOptions: ["nolock"], nfs: { server: "x", path: "/x" } };
    assert.match(said({ volumes: [byHand] }), /without locks/);
    assert.deepEqual(where({ volumes: [{ ...byHand, storageClass: "other" }] }), []);
  });
});
