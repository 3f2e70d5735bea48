import assert from "node:assert/strict";
import type { Resource } from "../../cli/render/evaluate.ts";
import { objectsBeforeTheRest } from "../../cli/apply/beforeTheRest.ts";
import type { KubernetesObject } from "../../cli/render/manifests.ts";
import { evaluateRaw, objectsOf, podTemplates, rawConfig } from "./support.ts";

const local = rawConfig("local");
const database = local["archipel:database"] as { backup: object };
const CHECK = "site1-database-backup-check";

/** The local stack with an off-site repository. */
const withOffsite = (offsite: object = {}, secrets: object = {}) => ({
  ...local,
  "archipel:database": {
    ...database,
    backup: {
      ...database.backup,
      offsite: {
        endpoint: "https://s3.example.org:9443",
        bucket: "archipel",
        caFrom: "offsiteCa",
        accessKeyIdFrom: "offsiteId",
        secretAccessKeyFrom: "offsiteKey",
        passphraseFrom: "offsitePassphrase",
        ...offsite,
      },
    },
  },
  "archipel:offsiteCa": "the-ca",
  "archipel:offsiteId": "the-id",
  "archipel:offsiteKey": "the-key",
  "archipel:offsitePassphrase": "the-passphrase",
  ...secrets,
});

const checkJob = (resources: Resource[]): KubernetesObject =>
  objectsOf(resources, "Job").find(({ metadata }) => metadata.name.startsWith("pg-backup-check-"))!;

describe("the check of an off-site repository", function () {
  // Each of a few changes of config is an evaluation of the program.
  this.timeout(60_000);
  let resources: Resource[];
  before(async () => {
    resources = await evaluateRaw("local", withOffsite());
  });

  it("is what all of the database and its DCS wait for, and nothing of the object store does", () => {
    const isOf = (parent: RegExp) => resources.filter(({ options }) => parent.test(options.parent ?? ""));
    const guarded = isOf(/^site1-(database|dcs)$/);
    assert.ok(guarded.length > 30);
    for (const { urn, options } of guarded) assert.ok(options.dependsOn.includes(CHECK), urn);
    const store = isOf(/^site1-objects$/);
    assert.ok(store.length > 3);
    for (const { urn, options } of store) assert.ok(!options.dependsOn.includes(CHECK), urn);
  });

  it("begins when what it reads is there, and waits for nothing that it guards", () => {
    const job = resources.find(({ type, name }) => type.endsWith(":Job") && name === CHECK)!;
    assert.ok([`${CHECK}-config`, `${CHECK}-keys`].every((one) => job.options.dependsOn.includes(one)));
    assert.deepEqual(
      job.options.dependsOn.filter((one) => !one.startsWith(CHECK) && !one.startsWith("site1-cluster-")),
      [],
    );
  });

  it("needs no more than is applied before the rest", () => {
    const before = objectsBeforeTheRest(objectsOf(resources));
    assert.deepEqual(
      before
        .filter(({ kind }) => !["Namespace", "PriorityClass"].includes(kind))
        .map(({ kind }) => kind)
        .toSorted(),
      ["ConfigMap", "Job", "NetworkPolicy", "Secret"],
    );
    const { spec } = podTemplates(resources).find(({ owner }) => owner === checkJob(resources))!;
    const there = before.map(({ metadata }) => metadata.name);
    assert.ok(there.includes(spec.priorityClassName!));
    const named = [...JSON.stringify(spec.volumes).matchAll(/"name":"(pg-[^"]+)"/g)].map(([, name]) => name!);
    assert.deepEqual([...new Set(named)], ["pg-backup-check"]);
    assert.ok(there.includes("pg-backup-check"));
  });

  it("reaches the repository's port, and nothing else", () => {
    const policy = objectsOf(resources, "NetworkPolicy").find(({ metadata }) => metadata.name === "pg-backup-check")!;
    const spec = policy["spec"] as { ingress?: unknown; egress: unknown };
    assert.equal(spec.ingress, undefined);
    assert.deepEqual(spec.egress, [{ ports: [{ port: 9443, protocol: "TCP" }] }]);
  });

  it("has keys and CA in its Secret alone, and no passphrase", () => {
    const shown = objectsOf(resources).filter(
      ({ kind, metadata }) => kind !== "Secret" && metadata.name.includes("check"),
    );
    assert.doesNotMatch(JSON.stringify(shown), /the-(ca|id|key|passphrase)/);
    const secret = objectsOf(resources, "Secret").find(({ metadata }) => metadata.name === "pg-backup-check")!;
    const content = { accessKeyId: "the-id", secretAccessKey: "the-key", "ca.crt": "the-ca" };
    assert.deepEqual(secret["stringData"], content);
  });

  it("is another Job where config or credentials are others, and the same where the passphrase is", async () => {
    const nameOf = async (...changed: Parameters<typeof withOffsite>) =>
      checkJob(await evaluateRaw("local", withOffsite(...changed))).metadata.name;
    const { name } = checkJob(resources).metadata;
    assert.equal(await nameOf({}, { "archipel:offsitePassphrase": "another" }), name);
    const others = [
      await nameOf({ bucket: "another" }),
      await nameOf({}, { "archipel:offsiteCa": "another" }),
      await nameOf({}, { "archipel:offsiteId": "another" }),
      await nameOf({}, { "archipel:offsiteKey": "another" }),
    ];
    assert.equal(new Set([name, ...others]).size, others.length + 1);
  });

  it("is not there where the stack's own object store has the only repository", async () => {
    const backup = { ...database.backup, offsite: "none" };
    const own = await evaluateRaw("local", { ...local, "archipel:database": { ...database, backup } });
    assert.equal(checkJob(own), undefined);
    assert.deepEqual(objectsBeforeTheRest(objectsOf(own)), []);
  });
});
