import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { sandboxTarget } from "../../../cli/drill/choose.ts";
import { queryMember, untilComplete, type Target } from "../../../cli/database/target.ts";
import { archipel, changesOf, localStack, needsSandbox } from "../support.ts";

describe("a restore of the database", function () {
  this.timeout(1_200_000);
  let target: Target;
  let primary: string;
  /** A moment between row 3 and row 4. */
  let between: string;
  /** Timeline before the restore in place. */
  let former: string;

  before(async function () {
    needsSandbox(this);
    await localStack();
    target = sandboxTarget("local");
    primary = await untilComplete(target);
    await queryMember(target, primary, "CREATE TABLE restored (n int)");
    for (let n = 1; n <= 6; n++) {
      await queryMember(target, primary, `INSERT INTO restored VALUES (${n})`);
      await sleep(300);
      if (n === 3) between = new Date().toISOString();
      await sleep(300);
    }
  });

  after(async () => {
    if (!between) return;
    await queryMember(target, await untilComplete(target), "DROP TABLE IF EXISTS restored");
  });

  const rows = async (member: string): Promise<number> =>
    Number(await queryMember(target, member, "SELECT count(*) FROM restored"));

  it("is refused for a moment that no backup reaches, and without a yes where nobody can be asked", async () => {
    const refused = async (...args: string[]): Promise<void> => {
      const { exitCode } = await archipel(["restore", "local", ...args], { reject: false });
      assert.equal(exitCode, 2, args.join(" "));
    };
    await refused("--at", "2020-01-01T00:00:00Z", "--yes");
    await refused("--at", new Date(Date.now() + 3_600_000).toISOString(), "--yes");
    await refused("--at", between);
    assert.equal(await rows(primary), 6);
  });

  it("beside the database has what was there at a moment, and leaves the database as it is", async () => {
    const job = ["job/pg-restored-look", "--namespace", target.namespace];
    try {
      const { stdout } = await archipel(["restore", "local", "--at", between, "--into", "look"]);
      assert.match(stdout, /Instance look is ready/);
      const query = ["psql", "--no-align", "--tuples-only", "--command", "SELECT count(*) FROM restored"];
      assert.equal((await target.kubectl.run(["exec", ...job, "--", ...query])).trim(), "3");
    } finally {
      await target.kubectl.run(["delete", ...job]);
    }
    assert.equal(await rows(primary), 6);
  });

  it("that fails leaves the database as it was", async () => {
    const args = ["restore", "local", "--latest", "--timeline", "77", "--yes"];
    const { exitCode } = await archipel(args, { reject: false });
    assert.equal(exitCode, 2);
    primary = await untilComplete(target);
    assert.equal(await rows(primary), 6);
  });

  it("in place brings every member back to a moment, ready to be a replica, with the passwords of today", async () => {
    const { stdout } = await archipel(["restore", "local", "--at", between, "--yes"]);
    former = /--timeline (\d+)$/m.exec(stdout)![1]!;
    primary = await untilComplete(target);
    for (const { name } of target.database.members) assert.equal(await rows(name), 3, name);
    const left =
      "SELECT count(*) FROM pg_file_settings WHERE sourcefile LIKE '%auto.conf' AND name ~ '^(recovery_|restore_)'";
    assert.equal(await queryMember(target, primary, left), "0");
    const { stdout: up } = await archipel(["up", "local", "--yes", "--json"]);
    const { added, changed, removed } = changesOf(up);
    assert.deepEqual({ added, changed, removed }, { added: 0, changed: 0, removed: 0 });
  });

  it("can be undone, and writes go on being archived", async () => {
    await archipel(["restore", "local", "--latest", "--timeline", former, "--yes"]);
    primary = await untilComplete(target);
    assert.equal(await rows(primary), 6);
    const { stdout } = await archipel(["drill", "switchover", "--json"]);
    const { lost_acknowledged_writes } = JSON.parse(stdout) as { lost_acknowledged_writes: number };
    assert.equal(lost_acknowledged_writes, 0);
  });
});
