import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";

const scripts = join(import.meta.dirname, "../../images/patroni/scripts");

describe("on-change", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "on-change-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Waits until something is so: the machine may be busy. */
  async function until(what: () => Promise<boolean>): Promise<void> {
    for (const end = Date.now() + 15_000; !(await what()); await sleep(50)) {
      assert.ok(Date.now() < end, "in time");
    }
  }

  /** Watches `watched`; each run of the command adds a line to `runs`, and fails while `broken` is there. */
  async function whileWatching(work: (runs: () => Promise<number>) => Promise<void>): Promise<void> {
    const [watched, runs, broken] = ["watched", "runs", "broken"].map((name) => join(folder, name));
    await writeFile(watched!, "old");
    const command = ["bash", "-c", 'echo run >>"$1"; [[ ! -e $2 ]]', "command", runs!, broken!];
    const watcher = execa(join(scripts, "on-change"), [watched!, "--", ...command], {
      env: { ON_CHANGE_SECONDS: "0.05" },
      reject: false,
    });
    try {
      // Its first look at the file is over when it sleeps.
      await sleep(1000);
      await work(async () => (await readFile(runs!, "utf8").catch(() => "")).split("\n").length - 1);
    } finally {
      watcher.kill();
      await watcher;
    }
  }

  it("runs its command when a file has changed, once", () =>
    whileWatching(async (runs) => {
      assert.equal(await runs(), 0);
      await writeFile(join(folder, "watched"), "new");
      await until(async () => (await runs()) > 0);
      await sleep(300);
      assert.equal(await runs(), 1);
    }));

  it("tries again when the command fails", () =>
    whileWatching(async (runs) => {
      await writeFile(join(folder, "broken"), "");
      await writeFile(join(folder, "watched"), "new");
      await until(async () => (await runs()) > 1);
      await rm(join(folder, "broken"));
      // The run that succeeds is the last: the number stays.
      let before = -1;
      await until(async () => {
        const former = before;
        await sleep(500);
        before = await runs();
        return before === former;
      });
    }));

  it("says how it is used", async () => {
    const { exitCode, stderr } = await execa(join(scripts, "on-change"), ["file"], { reject: false });
    assert.equal(exitCode, 2);
    assert.match(stderr, /^usage: /);
  });
});

describe("pg-upgrade-restore", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "pg-upgrade-restore-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** What psql gets of a dump whose lines these are, and how both programs were called. */
  async function restore(lines: string[], status = 0): Promise<{ lines: string[]; calls: string; exitCode?: number }> {
    const [dump, got, calls] = ["dump", "got", "calls"].map((name) => join(folder, name)) as [string, string, string];
    await writeFile(dump, lines.map((line) => `${line}\n`).join(""));
    const program = (name: string, work: string): Promise<void> =>
      writeFile(join(folder, name), `#!/bin/bash\necho "${name} $*" >>${calls}\n${work}\n`, { mode: 0o755 });
    await program("pg_restore", `cat ${dump}`);
    await program("psql", `cat >${got}; exit ${status}`);
    const connection = ["--host", "/run/x", "--port", "50432", "--username", "postgres", "--dbname", "template1"];
    const args = [...connection, "--create", "--exit-on-error", "--verbose", "--transaction-size=500", "a.custom"];
    const { exitCode } = await execa(join(scripts, "pg-upgrade-restore"), args, {
      env: { PG_PROGRAMS: folder },
      reject: false,
    });
    const text = await readFile(got, "utf8");
    return { lines: text.split("\n").slice(0, -1), calls: await readFile(calls, "utf8"), exitCode };
  }

  it("leaves out what the next version does not know of columns, and nothing else", async () => {
    const alter = 'ALTER TABLE ONLY "public"."t" ALTER COLUMN "c"';
    const kept = ["CREATE TABLE t (pg_attver int);", `${alter} SET (n_distinct=5);`, "SELECT '(pg_attver=1)';"];
    const { lines, exitCode } = await restore([
      ...kept,
      `${alter} SET (pg_attver=29256808);`,
      `${alter} SET (n_distinct=5, pg_attver=1);`,
      `${alter} SET (pg_attver=1, n_distinct=5);`,
      `${alter} SET (n_distinct=5, pg_attver=1, n_distinct_inherited=2);`,
      'ALTER FOREIGN TABLE ONLY "public"."f" ALTER COLUMN "c" SET (pg_attver=7);',
    ]);
    const mended = ["n_distinct=5", "n_distinct=5", "n_distinct=5, n_distinct_inherited=2"];
    assert.deepEqual(lines, [...kept, ...mended.map((options) => `${alter} SET (${options});`)]);
    assert.equal(exitCode, 0);
  });

  it("connects as pg_restore would, and fails where the server refuses something", async () => {
    const { calls, exitCode } = await restore(["SELECT 1;"], 3);
    assert.match(calls, /^pg_restore --file=- --create a\.custom$/m);
    assert.match(calls, /^psql .*--host=\/run\/x --port=50432 --username=postgres --dbname=template1$/m);
    assert.equal(exitCode, 3);
  });
});
