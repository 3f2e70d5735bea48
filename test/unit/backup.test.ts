import assert from "node:assert/strict";
import { archiveBackrest, jobBackrest, memberBackrest } from "../../components/database/backrest.ts";
import { parameters } from "../../components/database/parameters.ts";
import { plan } from "../../stacks/topology.ts";
import { fullConfig, validConfig } from "./support.ts";

/** The plan of a database with these backups. */
function databasePlan(backup: unknown) {
  const database = { ...fullConfig["archipel:database"], ...(backup !== undefined && { backup }) };
  return plan("geo", validConfig({ ...fullConfig, "archipel:database": database })).sites[0]!.database!;
}

/** Settings of one section of an INI text. */
function section(text: string, name: string): Record<string, string> {
  const lines = text.split(`[${name}]\n`)[1]!.split("\n[")[0]!.split("\n").filter(Boolean);
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]));
}

describe("backups", () => {
  const full = databasePlan(undefined);
  const backup = full.backup!;

  it("go to the site's own store and to another place, which share nothing", () => {
    assert.deepEqual(
      backup.repositories.map(({ number, name, endpoint, bucket }) => [number, name, endpoint, bucket]),
      [
        [1, "site", "minio.geo-site1-data.svc.cluster.local:9000", "pg-backup"],
        [2, "offsite", "s3.example.org:443", "archipel"],
      ],
    );
    assert.equal(backup.repositories[0]!.user, "pg-backup");
    assert.equal(backup.repositories[1]!.user, undefined);
  });

  it("are in a bucket that keeps versions for some days, locked where config says so, unless it says none", () => {
    const bucket = (site: object) => {
      const changed = { ...fullConfig["archipel:database"], backup: { offsite: "none", site } };
      const { objects } = plan("geo", validConfig({ ...fullConfig, "archipel:database": changed })).sites[0]!;
      return objects!.buckets.find(({ name }) => name === "pg-backup");
    };
    const objectLock = { mode: "governance", days: 3 };
    const kept = { name: "pg-backup", versioning: true, lifecycle: [{ prefix: "", noncurrentDays: 14 }] };
    assert.deepEqual(bucket({}), kept);
    assert.deepEqual(bucket({ objectLock }), { ...kept, objectLock });
    assert.deepEqual(bucket({ keepDays: "none" }), { name: "pg-backup", versioning: false, lifecycle: [] });
  });

  it("have one of three users in turn, of whom the next is there an up before, and the former until the next", () => {
    const of = (generation: number, objects: object = {}) => {
      const changed = { ...fullConfig["archipel:database"], backup: { offsite: "none", site: { generation } } };
      const all = { ...fullConfig, "archipel:database": changed, ...objects };
      const { objects: store, database } = plan("geo", validConfig(all)).sites[0]!;
      const users = store!.users.filter(({ name }) => name.startsWith("pg-backup"));
      for (const { access } of users) assert.deepEqual(access, [{ bucket: "pg-backup", mode: "readwrite" }]);
      return [
        database!.backup!.repositories[0]!.user,
        ...users.map(({ name, generation }) => `${name} ${generation}`).toSorted(),
      ];
    };
    assert.deepEqual(of(1), ["pg-backup", "pg-backup 1", "pg-backup-2 2"]);
    assert.deepEqual(of(2), ["pg-backup-2", "pg-backup 1", "pg-backup-2 2", "pg-backup-3 3"]);
    assert.deepEqual(of(3), ["pg-backup-3", "pg-backup 4", "pg-backup-2 2", "pg-backup-3 3"]);
    assert.deepEqual(of(4), ["pg-backup", "pg-backup 4", "pg-backup-2 5", "pg-backup-3 3"]);
  });

  it("keep a repository's number when the other is taken away", () => {
    const { offsite } = fullConfig["archipel:database"].backup;
    assert.deepEqual(
      databasePlan({ site: "none", offsite }).backup!.repositories.map(({ number }) => number),
      [2],
    );
  });

  it("archive every segment, and are none only where config says so", () => {
    assert.match(String(parameters(full).archive_command), /^pgbackrest-archive main /);
    const none = databasePlan("none");
    assert.equal(none.backup, undefined);
    assert.equal(parameters(none).archive_mode, undefined);
  });

  it("bound the WAL that waits for a repository", () => {
    assert.equal(parameters(full).archive_command, `pgbackrest-archive main "%p" ${(10 * 2 ** 30) / 4}`);
    assert.equal(databasePlan({ offsite: "none", queue: "4Gi" }).backup!.queueBytes, 4 * 2 ** 30);
  });

  it("archive to each repository with a pgBackRest that knows no other, and drops nothing", () => {
    const alone = backup.repositories.map((one) => section(archiveBackrest(full, backup, one), "global"));
    const numbers = alone.map((one) => new Set(Object.keys(one).flatMap((key) => /^repo(\d)/.exec(key)?.[1] ?? [])));
    assert.deepEqual(numbers, [new Set(["1"]), new Set(["2"])]);
    for (const key of ["spool-path", "lock-path"]) assert.equal(new Set(alone.map((one) => one[key])).size, 2, key);
    for (const text of [...alone, section(memberBackrest(full, backup), "global")]) {
      assert.equal(text["archive-async"], "y");
      assert.equal(text["archive-push-queue-max"], undefined);
    }
  });

  it("are encrypted, and hold no key in their configuration", () => {
    for (const text of [memberBackrest(full, backup), jobBackrest(full, backup, "/tls")]) {
      const global = section(text, "global");
      for (const { number } of backup.repositories) {
        assert.equal(global[`repo${number}-cipher-type`], "aes-256-cbc");
        for (const key of ["cipher-pass", "s3-key", "s3-key-secret"]) assert.ok(!(`repo${number}-${key}` in global));
      }
    }
  });

  it("reach the members with TLS alone, and let one client in", () => {
    const main = section(jobBackrest(full, backup, "/tls"), "main");
    full.members.forEach(({ host }, index) => {
      assert.equal(main[`pg${index + 1}-host`], host);
      assert.equal(main[`pg${index + 1}-host-type`], "tls");
    });
    assert.equal(section(memberBackrest(full, backup), "global")["tls-server-auth"], "pg-admin=main");
  });
});
