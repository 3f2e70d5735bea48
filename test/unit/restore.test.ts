import assert from "node:assert/strict";
import { checkMoment, checkRoom, parseInfo } from "../../cli/restore/backups.ts";
import { UserError } from "../../cli/userError.ts";
import { bootstrapConfig } from "../../components/database/patroniConfig.ts";
import { recoveryTime, restoreBootstrap } from "../../components/database/restore.ts";
import { plan } from "../../stacks/topology.ts";
import { fullConfig, validConfig } from "./support.ts";

/** How Patroni begins a new cluster of a database with this key. */
function bootstrap(value: unknown): { method?: string; restore?: { command: string } } {
  const database = { ...fullConfig["archipel:database"], bootstrap: value };
  const config = validConfig({ ...fullConfig, "archipel:database": database });
  return (bootstrapConfig(plan("geo", config).sites[0]!.database!) as { bootstrap: object }).bootstrap;
}

describe("a cluster that begins from a backup", () => {
  it("begins empty where config says nothing", () => {
    assert.equal(bootstrap(undefined).method, undefined);
    assert.equal(bootstrap("empty").method, undefined);
  });

  it("takes the repository and the moment of config, in PostgreSQL's words", () => {
    assert.equal(bootstrap({ repository: "offsite" }).restore!.command, "patroni-begin pg-restore 2 latest");
    const { method, restore } = bootstrap({ repository: "site", at: "2026-11-23T11:42:00+01:00" });
    assert.equal(method, "restore");
    assert.equal(restore!.command, "patroni-begin pg-restore 1 '2026-11-23 10:42:00.000+00'");
  });

  it("keeps in mind that an ordered restore has succeeded", () => {
    const { post_bootstrap } = restoreBootstrap({ repository: 1, timeline: 3, order: "now" }) as {
      post_bootstrap: string;
    };
    assert.equal(post_bootstrap, "pg-restore done now");
  });

  it("knows moments to the millisecond", () => {
    assert.equal(recoveryTime(new Date("2026-11-23T10:42:00.123Z")), "2026-11-23 10:42:00.123+00");
  });
});

describe("what a repository can give back", () => {
  const backup = (stop: number, error = false, id = 1) => ({
    error,
    timestamp: { stop },
    info: { size: stop },
    database: { id },
  });
  const archive = (max: string, id = 1) => ({ max, database: { id } });
  const wal = [archive("00000001000000000000000A"), archive("00000002000000000000000B")];
  const info = (backups: object[], archives: object[] = wal) =>
    JSON.stringify([{ repo: [{ status: { code: 0, message: "ok" } }], backup: backups, archive: archives }]);

  it("is everything since its first good backup", () => {
    const { from, newestWal, bytes } = parseInfo(info([backup(1000, true), backup(2000), backup(3000)]), "site");
    assert.deepEqual([from.getTime(), bytes], [2_000_000, 3000]);
    assert.equal(newestWal, "00000002000000000000000B");
  });

  it("is in place of the version that the database has, and beside of those before too", () => {
    const archives = [...wal, archive("000000010000000000000003", 2)];
    const { from, earliest, newestWal } = parseInfo(info([backup(1000), backup(2000, false, 2)], archives), "site");
    assert.deepEqual([from.getTime(), earliest.getTime()], [2_000_000, 1_000_000]);
    assert.equal(newestWal, "000000010000000000000003");
  });

  it("is nothing without a good one", () => {
    assert.throws(() => parseInfo(info([backup(1000, true)]), "site"), UserError);
    assert.throws(() => parseInfo("[]", "site"), /repository site has no backup/);
  });

  it("is not known where it cannot be read, and why is said", () => {
    const message = "[HostConnectError] unable to connect to '192.0.2.1:443': [111] Connection refused";
    const away = JSON.stringify([{ repo: [{ status: { code: 99, message } }], backup: [], archive: [] }]);
    assert.throws(
      () => parseInfo(away, "offsite"),
      new UserError(`repository offsite cannot be read: nothing was changed\n${message}`),
    );
  });

  it("must fit into a member's volume", () => {
    const backups = parseInfo(info([backup(3 * 2 ** 30)]), "site");
    checkRoom(backups, { storage: "4Gi" });
    assert.throws(() => checkRoom(backups, { storage: "2Gi" }), /the newest backup is 3 GiB/);
  });

  it("bounds the moments that may be asked for", () => {
    const { from } = parseInfo(info([backup(2000)]), "site");
    const now = new Date(5_000_000);
    checkMoment(new Date(3_000_000), from, now);
    assert.throws(() => checkMoment(new Date(1_999_000), from, now), /before the end of the first backup/);
    assert.throws(() => checkMoment(new Date(5_001_000), from, now), /in the future/);
  });
});
