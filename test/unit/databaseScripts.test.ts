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
      await sleep(300);
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
      await sleep(600);
      assert.equal(await runs(), 1);
    }));

  it("tries again when the command fails", () =>
    whileWatching(async (runs) => {
      await writeFile(join(folder, "broken"), "");
      await writeFile(join(folder, "watched"), "new");
      await sleep(600);
      const failed = await runs();
      assert.ok(failed > 1, String(failed));
      await rm(join(folder, "broken"));
      await sleep(600);
      const done = await runs();
      await sleep(300);
      assert.equal(await runs(), done);
    }));

  it("says how it is used", async () => {
    const { exitCode, stderr } = await execa(join(scripts, "on-change"), ["file"], { reject: false });
    assert.equal(exitCode, 2);
    assert.match(stderr, /^usage: /);
  });
});
