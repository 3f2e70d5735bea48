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

  it("has quotas only where its gateway can be asked for them", () => {
    const mistakes = pathsOf(raw({ manage: "buckets", keys: everyKey }));
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
      ],
    );
  });
});
