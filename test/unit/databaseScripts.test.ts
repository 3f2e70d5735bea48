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
