import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile, chmod, utimes, mkdir, readdir, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatLock, readLock } from "../../images/lock.ts";
import { contextKey, imageSources, type ImageSource } from "../../images/sources.ts";

/** The user that each image runs as; components set the same in their pods. */
const users: Record<string, number> = {
  patroni: 10001,
  "patroni-18": 10001,
  etcd: 10002,
  minio: 10003,
  haproxy: 10004,
  tools: 10005,
  notes: 10006,
  prometheus: 10007,
  objects: 10008,
};

const recipe = (source: ImageSource) => readFile(join(source.context, "Containerfile"), "utf8");

/** The instructions of the last stage, with continued lines joined and comments left out. */
function lastStage(text: string): string[] {
  const lines = text
    .replace(/^\s*#.*\n/gm, "")
    .replace(/\\\n/g, " ")
    .split("\n")
    .filter((line) => line.trim() !== "");
  return lines.slice(lines.findLastIndex((line) => line.startsWith("FROM ")));
}

describe("container images", () => {
  let sources: ImageSource[];
  before(async () => {
    sources = await imageSources();
  });

  it("are the ones whose users are known", () => {
    assert.deepEqual(
      sources.map((source) => source.name),
      Object.keys(users).sort(),
    );
  });

  it("run as their own high numeric user, whatever is built before", async () => {
    for (const source of sources) {
      const last = lastStage(await recipe(source))
        .filter((line) => line.startsWith("USER "))
        .at(-1);
      const id = users[source.name];
      assert.match(last ?? "", new RegExp(`^USER ${id}(:${id})?$`), source.name);
    }
  });

  it("start from public bases with a full name and a tag that says more than `latest`", () => {
    for (const { name, bases } of sources) {
      for (const base of bases) assert.match(base, /^docker\.io\/library\/[a-z]+:[0-9a-z.-]*trixie(-slim)?$/, name);
    }
  });

  it("copy files of another image from its folder", () => {
    const { contexts } = sources.find(({ name }) => name === "patroni-18")!;
    assert.deepEqual(contexts, { patroni: sources.find(({ name }) => name === "patroni")!.context });
    assert.deepEqual(sources.find(({ name }) => name === "patroni")!.contexts, {});
  });

  it("fetch nothing but packages whose signatures or checksums are verified", async () => {
    for (const source of sources) {
      const text = await recipe(source);
      assert.doesNotMatch(text, /^ADD /m, `${source.name}: ADD takes URLs`);
      assert.doesNotMatch(text, /\b(curl|wget|git clone)\s+[^\\\n]*:\/\//, `${source.name}: a download`);
      assert.doesNotMatch(text, /allow-unauthenticated|GONOSUMDB|GONOSUMCHECK|GOFLAGS=-insecure/, source.name);
    }
  });

  it("leave no setuid program, package list or cache behind", async () => {
    for (const source of sources) {
      const stage = lastStage(await recipe(source)).join("\n");
      assert.match(stage, /find \/ -xdev -type f -perm \/6000 -exec chmod a-s/, source.name);
      assert.match(stage, /rm -rf \/var\/lib\/apt\/lists\/\* \/var\/cache\/\* \/var\/log\/\*/, source.name);
    }
  });

  it("begin with an entry point that is in the image", async () => {
    for (const source of sources) {
      const entry = lastStage(await recipe(source)).find((line) => line.startsWith("ENTRYPOINT "));
      const words = JSON.parse(entry!.slice("ENTRYPOINT ".length)) as string[];
      for (const script of words.filter((word) => word.startsWith("/usr/local/bin/"))) {
        const name = script.slice("/usr/local/bin/".length);
        const folders = [source.context, ...Object.values(source.contexts)].map((one) => join(one, "scripts"));
        const found = await Promise.all(
          folders.map((folder) =>
            stat(join(folder, name)).then(
              (file) => file.isFile(),
              () => false,
            ),
          ),
        );
        assert.ok(found.includes(true), `${source.name}: ${script}`);
      }
    }
  });

  it("have scripts that stop at the first failure", async () => {
    for (const source of sources) {
      const folder = join(source.context, "scripts");
      for (const script of await readdir(folder).catch(() => [])) {
        const text = await readFile(join(folder, script), "utf8");
        if (text.startsWith("#!/bin/bash")) assert.match(text, /^set -euo pipefail$/m, `${source.name}/${script}`);
      }
    }
  });
});

describe("the image lock", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "archipel-lock-"));
  });
  after(() => rm(folder, { recursive: true }));

  it("in the repository covers every image with its tag, and nothing else", async () => {
    const lock = await readLock("images/lock.json");
    const tags = Object.entries(lock.images).map(([name, { tag }]) => [name, tag]);
    assert.deepEqual(
      tags,
      (await imageSources()).map(({ name, tag }) => [name, tag]),
    );
  });

  it("is written the same for the same images", () => {
    const [a, b] = [`sha256:${"a".repeat(64)}`, `sha256:${"b".repeat(64)}`].map((digest) => ({ tag: "1", digest }));
    assert.equal(formatLock({ images: { x: a!, y: b! } }), formatLock({ images: { y: b!, x: a! } }));
  });

  for (const [what, content, expected] of [
    ["a file that is not JSON", "{", /lock\.json: the image lock is not JSON/],
    [
      "a digest that is cut",
      '{"images":{"a":{"tag":"1","digest":"sha256:12"}}}',
      /lock\.json: not an image lock:[^]*images\.a\.digest/,
    ],
    ["a key that nobody reads", '{"images":{},"image":{}}', /lock\.json: not an image lock:[^]*"image"/],
  ] as const) {
    it(`refuses ${what} with the path and the reason`, async () => {
      await writeFile(join(folder, "lock.json"), content);
      await assert.rejects(readLock(join(folder, "lock.json")), expected);
    });
  }

  it("that is not there is named", async () => {
    await assert.rejects(readLock(join(folder, "none.json")), /none\.json: the image lock cannot be read/);
  });
});

describe("the key of a build", () => {
  let context: string;
  beforeEach(async () => {
    context = await mkdtemp(join(tmpdir(), "archipel-context-"));
    await writeFile(join(context, "Containerfile"), "FROM a\n");
    await writeFile(join(context, "start"), "#!/bin/sh\n", { mode: 0o755 });
  });
  afterEach(() => rm(context, { recursive: true }));

  it("stays when only times and made folders differ", async () => {
    const key = await contextKey(context, ["base"]);
    await utimes(join(context, "start"), 1, 1);
    await mkdir(join(context, "node_modules"));
    await writeFile(join(context, "node_modules/x"), "x");
    assert.equal(await contextKey(context, ["base"]), key);
  });

  it("changes with a file's content, name or execute bit, and with the base", async () => {
    const keys = [await contextKey(context, ["base"]), await contextKey(context, ["other base"])];
    await writeFile(join(context, "start"), "#!/bin/sh\nexit\n");
    keys.push(await contextKey(context, ["base"]));
    await chmod(join(context, "start"), 0o644);
    keys.push(await contextKey(context, ["base"]));
    await writeFile(join(context, "more"), "");
    keys.push(await contextKey(context, ["base"]));
    assert.equal(new Set(keys).size, keys.length);
  });
});
