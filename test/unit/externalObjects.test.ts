import assert from "node:assert/strict";
import { externalJob } from "../../components/objects/externalJob.ts";
import { findMistakes } from "../../stacks/check/check.ts";
import type { ExternalObjectsPlan } from "../../stacks/objectsPlan.ts";
import { plan } from "../../stacks/topology.ts";
import { externalObjectsConfig, validConfig } from "./support.ts";

const objects = externalObjectsConfig["archipel:objects"];
const key = (user: string) => ({ user, accessKeyIdFrom: "someId", secretAccessKeyFrom: "someKey" });
const unmanaged = {
  kind: "external",
  endpoint: objects.endpoint,
  caFrom: "objectsCa",
  manage: "nothing",
  users: objects.users,
};
const everyKey = ["backup", "notes", "pg-backup"].map(key);
const copyKey = key("objects-copy");

const raw = (changes: object) => ({ ...externalObjectsConfig, "archipel:objects": { ...objects, ...changes } });

function pathsOf(config: Record<string, unknown>): string[] {
  const secrets = ["offsiteId", "offsiteKey", "objectsCa", "objectsId", "objectsKey", "someId", "someKey"];
  return findMistakes(validConfig(config), { stack: "s", images: ["notes"], secrets, wrong: [] }).map(
    ({ path, found }) => (found ? `${path} ${found}` : path),
  );
}

describe("an object store that somebody else runs", () => {
  it("needs a key of whoever makes something there", () => {
    assert.deepEqual(pathsOf(externalObjectsConfig), []);
    assert.deepEqual(pathsOf(raw({ account: undefined })), ["archipel:objects.account"]);
  });

  it("needs a key of every user that nobody makes, and of nobody else", () => {
    const config = (keys: object[]) => ({
      ...externalObjectsConfig,
      "archipel:objects": { ...unmanaged, buckets: [{ name: "files" }], keys },
    });
    assert.deepEqual(pathsOf(config(everyKey)), []);
    assert.deepEqual(pathsOf(config(everyKey.slice(1))), ["archipel:objects.keys no key of user backup"]);
    assert.deepEqual(pathsOf(config([...everyKey, key("notess")])), ['archipel:objects.keys[3].user "notess"']);
    assert.deepEqual(pathsOf(config([...everyKey, key("notes")])), ['archipel:objects.keys[3].user "notes"']);
  });

  it("has the backups' key from config, and then no number of it", () => {
    const database = (generation: number) => ({ backup: { offsite: "none", site: { keepDays: "none", generation } } });
    const config = (generation: number, changes: object) => ({
      ...raw(changes),
      "archipel:database": { ...externalObjectsConfig["archipel:database"], ...database(generation) },
    });
    const given = { ...unmanaged, copy: "none", account: undefined, buckets: [{ name: "files" }], keys: everyKey };
    assert.deepEqual(pathsOf(config(1, given)), []);
    assert.deepEqual(pathsOf(config(2, given)), ["archipel:database.backup.site.generation 2"]);
    assert.deepEqual(pathsOf(config(2, {})), []);
  });

  it("has a second copy of buckets that are there, read by a user of its own", () => {
    const copied = (changes: object) => pathsOf(raw({ copy: { ...objects.copy, ...changes } }));
    assert.deepEqual(copied({ buckets: ["file"] }), ['archipel:objects.copy.buckets[0] "file"']);
    assert.deepEqual(copied({ buckets: [] }), ["archipel:objects.copy no bucket to copy"]);
    const next = { endpoint: "https://s3.new.example.org", accessKeyIdFrom: "someId", secretAccessKeyFrom: "someKey" };
    assert.deepEqual(pathsOf(raw({ next })), []);
    assert.deepEqual(pathsOf(raw({ copy: "none", next: { ...next, buckets: ["file"] } })), [
      'archipel:objects.next.buckets[0] "file"',
    ]);
    assert.deepEqual(copied({ prefix: "x".repeat(31) }), []);
    const users = [{ name: "objects-copy", access: [{ bucket: "files" }] }];
    assert.deepEqual(pathsOf(raw({ users })), ['archipel:objects.users[0].name "objects-copy"']);
    const [site] = plan("s", validConfig(externalObjectsConfig)).sites;
    assert.deepEqual(site!.objects!.copy!.pairs, [{ site: "files", copy: "grenoble-files" }]);
    assert.deepEqual(site!.objects!.users.at(-1)!.access, [{ bucket: "files", mode: "readonly" }]);
  });

  it("has quotas only where its gateway can be asked for them", () => {
    const mistakes = pathsOf(raw({ manage: "buckets", keys: [...everyKey, copyKey] }));
    assert.deepEqual(mistakes, ['archipel:objects.buckets[0].quota "10Gi"']);
  });

  it("gives its Job the buckets, and users under names that no other stack has", () => {
    const [site] = plan("s", validConfig(externalObjectsConfig)).sites;
    const job = externalJob(site!.objects as ExternalObjectsPlan);
    assert.deepEqual(
      job.buckets.map(({ name, quotaBytes }) => [name, quotaBytes]),
      [
        ["files", 10 * 2 ** 30],
        ["pg-backup", undefined],
      ],
    );
    assert.deepEqual(
      job.users.map(({ name, login }) => [name, login]),
      [
        ["backup", "s-site1-backup"],
        ["notes", "s-site1-notes"],
        ["pg-backup", "s-site1-pg-backup"],
        ["pg-backup-2", "s-site1-pg-backup-2"],
        ["objects-copy", "s-site1-objects-copy"],
      ],
    );
  });
});
