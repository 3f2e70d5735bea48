import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const project = fileURLToPath(new URL("..", import.meta.url));

/** Folders of which each sub-folder with a Containerfile is one image, named after the sub-folder. */
const parents = ["images", "examples"];

/** What a context never holds: made by tools on the developer's machine. The .containerignore files say the same. */
const ignored = new Set(["node_modules", "dist"]);

/** One image's recipe. */
export interface ImageSource {
  /** Name in the lock and in the registry. */
  name: string;
  /** Absolute path of the build context, which holds the Containerfile. */
  context: string;
  /** Tag: the label `org.opencontainers.image.version` of the Containerfile. */
  tag: string;
  /** The public images that the build starts from, as the Containerfile names them. */
  bases: string[];
  /** Contexts of other images from which files are copied: absolute paths by the name that the Containerfile has for them. */
  contexts: Record<string, string>;
}

/**
 * Finds every image of the project.
 *
 * @returns the images, sorted by name.
 * @throws Error with the path of a Containerfile that has no version label or no base.
 */
export async function imageSources(): Promise<ImageSource[]> {
  const sources: ImageSource[] = [];
  for (const parent of parents) {
    for (const entry of await readdir(join(project, parent), { withFileTypes: true })) {
      const context = join(project, parent, entry.name);
      if (entry.isDirectory() && existsSync(join(context, "Containerfile")))
        sources.push(await source(context, entry.name));
    }
  }
  return sources.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function source(context: string, name: string): Promise<ImageSource> {
  const path = join(context, "Containerfile");
  const recipe = await readFile(path, "utf8");
  const tag = /org\.opencontainers\.image\.version="([^"]+)"/.exec(recipe)?.[1];
  if (!tag) throw new Error(`${path}: no label org.opencontainers.image.version="...": it is the image's tag`);
  const stages = [...recipe.matchAll(/^FROM\s+(\S+)(?:\s+AS\s+(\S+))?/gim)];
  const stageNames = new Set(stages.map((stage) => stage[2]));
  const bases = [...new Set(stages.map((stage) => stage[1]!))].filter((base) => !stageNames.has(base));
  if (bases.length === 0) throw new Error(`${path}: no FROM with a public image`);
  const copied = [...recipe.matchAll(/^(?:COPY|ADD)\s.*--from=(\S+)/gim)].map((copy) => copy[1]!);
  const others = copied.filter((from) => !stageNames.has(from)).map((from) => [from, join(project, "images", from)]);
  return { name, context, tag, bases, contexts: Object.fromEntries(others) as Record<string, string> };
}

/**
 * What an image is made of, as one short hash: a new key means a new build.
 *
 * @param context the build context's path; file names, contents and execute bits count, times don't.
 * @param others further strings that decide what comes out (keys of the bases, arguments).
 */
export async function contextKey(context: string, others: string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const file of await filesBelow(context)) {
    const executable = ((await stat(file)).mode & 0o111) !== 0;
    const content = createHash("sha256").update(await readFile(file));
    hash.update(`${relative(context, file)}\0${executable}\0${content.digest("hex")}\n`);
  }
  for (const other of others) hash.update(`${other}\n`);
  return hash.digest("hex").slice(0, 16);
}

async function filesBelow(folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (ignored.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) files.push(...(await filesBelow(path)));
    else files.push(path);
  }
  return files.sort();
}
