import assert from "node:assert/strict";
import fc from "fast-check";
import { convergeConfig } from "../../components/objects/minioConverge.ts";
import { minioVolumes } from "../../components/objects/minioVolumes.ts";
import { s3Rules } from "../../components/objects/s3Rules.ts";
import { erasureSets } from "../../stacks/erasureSets.ts";
import { readConfig } from "../../stacks/config.ts";
import { minioOf, type MinioPlan } from "../../stacks/objectsPlan.ts";
import type { MinioConfig } from "../../stacks/schema/minioObjects.ts";
import type { BucketConfig } from "../../stacks/schema/objectsContent.ts";
import { plan } from "../../stacks/topology.ts";
import { fullConfig, validConfig } from "./support.ts";

const base = validConfig(fullConfig);
const objectsOf = (changes: Partial<MinioConfig>): MinioPlan =>
  minioOf(plan("s", { ...base, objects: { ...(base.objects as MinioConfig), ...changes } }).sites[0]!.objects)!;

/** What MinIO makes of its notation: every drive by its full name. */
function expand(volumes: string): string[] {
  const match = /^(.*?)\{(\d+)\.\.\.(\d+)\}(.*)$/.exec(volumes);
  if (!match) return [volumes];
  const [, head, from, to, tail] = match as unknown as [string, string, string, string, string];
  const count = Number(to) - Number(from) + 1;
  return Array.from({ length: count }, (_, index) => `${head}${Number(from) + index}${tail}`).flatMap(expand);
}

describe("MinIO's drives", () => {
  const layouts = fc.record({
    servers: fc.constantFrom(1 as const, 3 as const, 4 as const, 6 as const, 8 as const),
    drivesPerServer: fc.constantFrom(1 as const, 2 as const, 4 as const),
  });

  it("are all there, each once, under its server's own name", () => {
    fc.assert(
      fc.property(layouts, (layout) => {
        const store = objectsOf(layout);
        const drives = (host: string): string[] =>
          Array.from({ length: layout.drivesPerServer }, (_, index) => `${host}/data-${index}`);
        const expected =
          layout.servers === 1
            ? drives("")
            : store.servers.flatMap((one) => drives(`https://${one.host}:${store.port}`));
        assert.deepEqual(expand(minioVolumes(store, "s-site1-data")), expected);
      }),
    );
  });

  it("are in one word for each pool, of which those that were there before stay as they were", () => {
    const before = objectsOf({ servers: 3 });
    const after = objectsOf({ servers: 3, pools: [{ servers: 4, driveSize: "20Gi" }] });
    const [first, second, ...others] = minioVolumes(after, "s-site1-data").split(" ");
    assert.equal(first, minioVolumes(before, "s-site1-data"));
    assert.deepEqual(
      expand(second!),
      after.servers.slice(3).flatMap(({ host }) => [0, 1].map((drive) => `https://${host}:9000/data-${drive}`)),
    );
    assert.deepEqual(others, []);
    assert.deepEqual(
      after.servers.map(({ name }) => name),
      Array.from({ length: 7 }, (_, index) => `minio-${index}`),
    );
  });

  it("are in the largest sets of at most 16 that have as many drives in each server", () => {
    const sets = (servers: number, drivesPerServer: number) => Object.values(erasureSets(servers, drivesPerServer));
    assert.deepEqual(sets(1, 1), [1, 1, 1]);
    assert.deepEqual(sets(1, 4), [1, 4, 4]);
    assert.deepEqual(sets(3, 2), [1, 6, 2]);
    assert.deepEqual(sets(3, 4), [1, 12, 4]);
    assert.deepEqual(sets(4, 4), [1, 16, 4]);
    assert.deepEqual(sets(6, 4), [2, 12, 2]);
    assert.deepEqual(sets(8, 4), [2, 16, 2]);
  });

  it("survive the loss of a server of several for reads and writes", () => {
    fc.assert(
      fc.property(layouts, (layout) => {
        const { parity, pools } = objectsOf(layout);
        const { drives, perServer } = pools[0]!.sets;
        if (layout.servers === 1) {
          assert.ok(parity <= drives / 2);
          // What config may call surviving the loss of a drive.
          if (layout.drivesPerServer > 2) assert.ok(drives - 1 >= drives - parity + 1);
          return;
        }
        // MinIO writes when as many drives as an object has data parts are there, and one more where half is parity.
        const quorum = parity * 2 === drives ? drives - parity + 1 : drives - parity;
        assert.ok(drives - perServer >= quorum);
      }),
    );
  });
});

describe("a user of the object store", () => {
  const actions = (mode: "readonly" | "readwrite", effect = "Allow") =>
    s3Rules([{ bucket: "files", mode }])
      .Statement.filter(({ Effect }) => Effect === effect)
      .flatMap((one) => one.Action);

  it("reaches exactly its buckets and their objects", () => {
    const rules = s3Rules([
      { bucket: "files", mode: "readwrite" },
      { bucket: "maps", mode: "readonly" },
    ]);
    const resources = rules.Statement.flatMap((one) => one.Resource);
    const arn = "arn:aws:s3:::";
    assert.deepEqual([...new Set(resources)], [`${arn}files`, `${arn}files/*`, `${arn}maps`, `${arn}maps/*`]);
    assert.ok(rules.Statement.every((one) => one.Action.every((action) => !action.includes("*"))));
  });

  it("writes nothing with readonly, and never removes old versions", () => {
    assert.ok(actions("readonly").every((action) => /^s3:(Get|List)/.test(action)));
    assert.ok(actions("readwrite").includes("s3:PutObject"));
    assert.ok(!actions("readwrite").includes("s3:DeleteObjectVersion"));
    assert.deepEqual(actions("readwrite", "Deny"), ["s3:DeleteObjectVersion"]);
  });

  it("has a name that MinIO takes for an access key", () => {
    const users = (name: string) => ({
      ...fullConfig,
      "archipel:objects": { buckets: [{ name: "files" }], users: [{ name, access: [{ bucket: "files" }] }] },
    });
    const mistakes = readConfig(structuredClone(users("ab"))).mistakes;
    assert.equal(mistakes[0]?.path, "archipel:objects.users[0].name");
    assert.deepEqual(readConfig(structuredClone(users("abc"))).mistakes, []);
  });
});

describe("a bucket of the object store", () => {
  const bucket = { name: "files", versioning: false, lifecycle: [] };
  const made = (changes: Partial<BucketConfig>) => convergeConfig(objectsOf({ buckets: [{ ...bucket, ...changes }] }));

  it("keeps versions where it has a lock", () => {
    const objectLock = { mode: "governance" as const, days: 30 };
    assert.deepEqual(made({ objectLock }).buckets[0], { name: "files", versioning: true, objectLock, lifecycle: [] });
  });

  it("has its quota in bytes", () => assert.equal(made({ quota: "2Gi" }).buckets[0]!.quota, 2 ** 31));

  it("has its lifecycle in the words of S3, but for unfinished uploads, which have one time in the store", () => {
    const { buckets, uploadDays } = made({
      lifecycle: [
        { prefix: "", abortUploadDays: 3 },
        { prefix: "tmp/", expireDays: 1 },
        { prefix: "", noncurrentDays: 7, abortUploadDays: 3 },
      ],
    });
    assert.deepEqual(buckets[0]!.lifecycle, [
      { ID: "archipel-2", Status: "Enabled", Filter: { Prefix: "tmp/" }, Expiration: { Days: 1 } },
      {
        ID: "archipel-3",
        Status: "Enabled",
        Expiration: { ExpiredObjectDeleteMarker: true },
        NoncurrentVersionExpiration: { NoncurrentDays: 7 },
      },
    ]);
    assert.equal(uploadDays, 3);
    assert.equal(made({}).uploadDays, undefined);
  });
});

describe("the object store's Job", () => {
  it("makes what the plan says, with one policy for each user and no secret", () => {
    const config = convergeConfig(objectsOf({}));
    assert.deepEqual(config.buckets, [
      { name: "files", versioning: false, lifecycle: [] },
      {
        name: "pg-backup",
        versioning: true,
        lifecycle: [
          {
            ID: "archipel-1",
            Status: "Enabled",
            Expiration: { ExpiredObjectDeleteMarker: true },
            NoncurrentVersionExpiration: { NoncurrentDays: 14 },
          },
        ],
      },
    ]);
    assert.deepEqual(
      config.users.map((user) => [user.name, user.policy]),
      [
        ["backup", "archipel-backup"],
        ["notes", "archipel-notes"],
        ["pg-backup", "archipel-pg-backup"],
        ["pg-backup-2", "archipel-pg-backup-2"],
      ],
    );
  });

  it("is another one for another generation of a key", () => {
    const [first, second] = [1, 2].map((generation) =>
      convergeConfig(
        objectsOf({ users: [{ name: "backup", access: [{ bucket: "files", mode: "readwrite" }], generation }] }),
      ),
    );
    assert.notDeepEqual(first, second);
  });
});
