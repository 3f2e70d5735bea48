import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { SandboxError } from "../sandbox/error.ts";
import { type Buildah, buildFolder, imageTime, openBuildah } from "./buildah.ts";
import { builtLock, type BuiltImage, readBuilt, storedName, writeBuilt, writeWhole } from "./built.ts";
import { formatLock, type ImageLock } from "./lock.ts";
import { contextKey, type ImageSource, imageSources } from "./sources.ts";
import { ensureStandIn, standInRecipe } from "./standIns.ts";

export { imageBuilderPackages } from "./buildah.ts";
export { builtLock } from "./built.ts";

/** How to build images. */
export interface BuildArgs {
  /** Names of the images to build; default all. */
  names?: string[];
  /** Build again from fresh bases and packages even what is built, for security updates; default false. */
  fresh?: boolean;
  /** Told each step that takes time, in one line. */
  report: (line: string) => void;
}

/** An image that is to be built. */
interface Order {
  source: ImageSource;
  key: string;
}

/** Builds that run at the same time: most wait for downloads and disks while one compiles. */
const parallel = 2;

/**
 * Builds the project's images on a machine that needs neither a container engine nor an image registry, skips what is
 * built already, and writes the lock of all that is built to {@link builtLock}. Interrupted at any moment, the next call
 * goes on. Needs Linux, root and {@link imageBuilderPackages}; the images with programs from Go modules need Go.
 *
 * @returns the lock.
 * @throws SandboxError naming the image, with the end of its log and the log's path.
 */
export async function buildImages({ names, fresh = false, report }: BuildArgs): Promise<ImageLock> {
  const sources = await imageSources();
  const orders: Order[] = [];
  for (const source of chosen(sources, names)) {
    const recipes = source.bases.map((base) => standInRecipe(base));
    const others = Object.values(source.contexts).map((context) => contextKey(context, []));
    const inputs = [source.tag, String(imageTime), ...recipes, ...(await Promise.all(others))];
    orders.push({ source, key: await contextKey(source.context, inputs) });
  }
  if (fresh || orders.some((order) => !isBuilt(order))) await buildAll(orders, fresh, report);
  const built = readBuilt();
  const lock: ImageLock = { images: {} };
  for (const { name } of sources) {
    const { tag, digest } = built[name] ?? {};
    if (tag && digest) lock.images[name] = { tag, digest };
  }
  writeWhole(builtLock(), formatLock(lock));
  return lock;
}

const isBuilt = ({ source, key }: Order) => readBuilt()[source.name]?.key === key;

async function buildAll(orders: Order[], fresh: boolean, report: (line: string) => void): Promise<void> {
  const buildah = await openBuildah(report);
  try {
    if (fresh) {
      writeBuilt({});
      await buildah.run(["rmi", "--all", "--force"]);
    }
    // Another session may have built them while this one waited for its turn.
    const waiting = orders.filter((order) => !isBuilt(order));
    for (const base of new Set(waiting.flatMap(({ source }) => source.bases))) {
      await ensureStandIn(buildah, base, report);
    }
    const worker = async () => {
      for (let order = waiting.shift(); order; order = waiting.shift()) {
        const image = await buildImage(buildah, order, report);
        writeBuilt({ ...readBuilt(), [order.source.name]: image });
      }
    };
    const results = await Promise.allSettled(Array.from({ length: parallel }, worker));
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
    await forgetOlder(buildah, orders);
  } finally {
    await buildah.close();
  }
}

async function buildImage(buildah: Buildah, order: Order, report: (line: string) => void): Promise<BuiltImage> {
  const { name, context, tag, contexts } = order.source;
  const stored = storedName(name, order.key);
  const started = Date.now();
  report(`images: building ${name}`);
  // Layers, so that a changed script does not install the packages again.
  const reproducible = [
    `--timestamp=${imageTime}`,
    `--build-arg=SOURCE_DATE_EPOCH=${imageTime}`,
    "--identity-label=false",
  ];
  const others = Object.entries(contexts).map(([from, path]) => `--build-context=${from}=${path}`);
  const args = [
    "build",
    "--pull=never",
    "--layers=true",
    "--format=oci",
    ...reproducible,
    ...others,
    `--tag=${stored}`,
  ];
  try {
    await buildah.run([...args, "--file", join(context, "Containerfile"), context], name);
  } catch (error) {
    throw new SandboxError(`image ${name}: ${(error as Error).message}`, { cause: error });
  }
  const digest = await digestOf(buildah, name, stored);
  report(`images: ${name} built in ${Math.round((Date.now() - started) / 1000)} s`);
  return { key: order.key, tag, digest };
}

/** Removes what newer images replace. Nothing else runs then: Buildah cannot list images while one of them goes. */
async function forgetOlder(buildah: Buildah, orders: Order[]): Promise<void> {
  const all = await buildah.names();
  const older = orders.flatMap(({ source: { name }, key }) =>
    all.filter((other) => other.startsWith(storedName(name, "")) && other !== storedName(name, key)),
  );
  if (older.length > 0) await buildah.run(["rmi", ...older]);
}

/** The digest of the manifest as a registry gets it, which is that of compressed layers. */
async function digestOf(buildah: Buildah, name: string, stored: string): Promise<string> {
  const [layout, file] = [buildFolder("tmp", `${name}-layout`), buildFolder("tmp", `${name}.digest`)];
  await buildah.run(["push", "--format=oci", `--digestfile=${file}`, stored, `oci:${layout}`]);
  await rm(layout, { recursive: true, force: true });
  return readFile(file, "utf8");
}

function chosen(sources: ImageSource[], names?: string[]): ImageSource[] {
  const unknown = names?.filter((name) => !sources.some((source) => source.name === name)) ?? [];
  if (unknown.length > 0) {
    throw new SandboxError(
      `no image ${unknown.join(", ")}: there are ${sources.map((source) => source.name).join(", ")}`,
    );
  }
  return names ? sources.filter((source) => names.includes(source.name)) : sources;
}
