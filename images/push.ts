import { readFile } from "node:fs/promises";
import { SandboxError } from "../sandbox/error.ts";
import { registryUrl } from "../sandbox/registry.ts";
import { type Buildah, buildFolder, openBuildah } from "./buildah.ts";
import { builtLock, readBuilt, storedName } from "./built.ts";
import { type LockedImage, readLock } from "./lock.ts";

/** Where to push the images to. */
export interface PushArgs {
  /** Registry and path before the images' names; default: `archipel` in the sandbox's registry. */
  prefix?: string;
  /** Told each step that takes time, in one line. */
  report: (line: string) => void;
}

/**
 * Pushes the images of {@link builtLock} to a registry, as NAME:TAG, and skips what the registry has. A registry on
 * loopback is spoken to in plain HTTP; any other one by TLS, with the credentials of `buildah login`.
 *
 * @throws SandboxError if an image of the lock is not built, or if the registry ends up with another digest than the lock's.
 */
export async function pushImages({ prefix = `${registryUrl()}/archipel`, report }: PushArgs): Promise<void> {
  const { images } = await readLock(builtLock());
  const missing: [string, LockedImage][] = [];
  for (const [name, image] of Object.entries(images)) {
    if (!(await isThere(prefix, name, image))) missing.push([name, image]);
  }
  if (missing.length === 0) return;
  const buildah = await openBuildah(report);
  try {
    for (const [name, image] of missing) await pushImage(buildah, prefix, name, image, report);
  } finally {
    await buildah.close();
  }
}

/** Whether the registry has the very image. Of a registry elsewhere, buildah finds out itself, layer by layer. */
async function isThere(prefix: string, name: string, { digest }: LockedImage): Promise<boolean> {
  if (!isLoopback(prefix)) return false;
  const [registry, ...path] = prefix.split("/");
  const answer = await fetch(`http://${registry}/v2/${[...path, name].join("/")}/manifests/${digest}`, {
    method: "HEAD",
    headers: { accept: "application/vnd.oci.image.manifest.v1+json" },
  }).catch((error: Error) => {
    throw new SandboxError(
      `The registry ${registry} does not answer: ${error.cause instanceof Error ? error.cause.message : error.message}`,
    );
  });
  return answer.ok;
}

async function pushImage(
  buildah: Buildah,
  prefix: string,
  name: string,
  { tag, digest }: LockedImage,
  report: (line: string) => void,
): Promise<void> {
  const stored = storedName(name, readBuilt()[name]?.key ?? "none");
  if (!(await buildah.find(stored)))
    throw new SandboxError(`The image ${name} is in the lock and not built: build the images again.`);
  const started = Date.now();
  const digestFile = buildFolder("tmp", `${name}.pushed`);
  const options = ["--format=oci", `--digestfile=${digestFile}`, `--tls-verify=${!isLoopback(prefix)}`];
  await buildah.run(["push", ...options, stored, `docker://${prefix}/${name}:${tag}`]);
  const pushed = await readFile(digestFile, "utf8");
  if (pushed !== digest) {
    throw new SandboxError(`The image ${name} arrived as ${pushed} and not as ${digest}: build the images again.`);
  }
  report(`images: ${name} pushed in ${Math.round((Date.now() - started) / 1000)} s`);
}

function isLoopback(prefix: string): boolean {
  return /^(127\.[0-9.]+|localhost)(:|\/)/.test(prefix);
}
