import { createWriteStream } from "node:fs";
import { mkdir, readdir, readFile, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { execa } from "execa";
import { lock } from "proper-lockfile";
import { cacheDir } from "../sandbox/cache.ts";
import { SandboxError } from "../sandbox/error.ts";

/** What building images needs of the system: an executable, and the Debian package that has it. */
export const imageBuilderPackages = [
  { file: "buildah", package: "buildah" },
  { file: "mmdebstrap", package: "mmdebstrap" },
  { file: "setpriv", package: "util-linux" },
];

/** Creation time of every image and of every file in it, in seconds since 1970, so that equal inputs give equal digests. */
export const imageTime = 1767225600;

/** The builder's folder: storage, caches of Go and npm, logs. */
export const buildFolder = (...parts: string[]) => cacheDir("images", ...parts);

/** One image as `buildah images --json` tells it. */
interface StoredImage {
  /** Start of the digest of its configuration. */
  id: string;
  /** Full names with tags. */
  names: string[] | null;
}

/** A session with buildah on a storage of our own, which nobody else uses meanwhile. */
export interface Buildah {
  /**
   * Runs one command of buildah to its end.
   *
   * @param args the command and its arguments.
   * @param logName if given, the output goes to this file of the log folder and the error quotes its last lines.
   * @returns what the command printed, or "" with `logName`.
   * @throws SandboxError that names the command's purpose and quotes its last output.
   */
  run(args: string[], logName?: string): Promise<string>;
  /** @returns the id of the image that has all these names, undefined if there is none. */
  find(...names: string[]): Promise<string | undefined>;
  /** @returns the names of all images of the storage. */
  names(): Promise<string[]>;
  /** Gives the storage free for others. */
  close(): Promise<void>;
}

/**
 * Opens the builder's storage, waits for another session's end if there is one, and clears away what an interrupted
 * session left.
 *
 * @param report told when there is something to wait for.
 * @throws SandboxError that names the packages which are not installed.
 */
export async function openBuildah(report: (line: string) => void): Promise<Buildah> {
  await refuseMissingPrograms();
  await mkdir(buildFolder("tmp"), { recursive: true });
  await mkdir(buildFolder("log"), { recursive: true });
  const release = await lock(buildFolder(), { retries: 0 }).catch(async () => {
    report("images: waiting for another build to end");
    return lock(buildFolder(), { retries: { forever: true, minTimeout: 1000, maxTimeout: 2000, retries: 1 } });
  });
  const driver = await storageDriver();
  const images = async () => JSON.parse(await runBuildah(driver, ["images", "--json"])) as StoredImage[];
  const session: Buildah = {
    run: (args, logName) => runBuildah(driver, args, logName),
    find: async (...names) => (await images()).find((image) => names.every((name) => image.names?.includes(name)))?.id,
    names: async () => (await images()).flatMap((image) => image.names ?? []),
    close: release,
  };
  try {
    await clearInterrupted();
    await session.run(["rm", "--all"]);
  } catch (error) {
    await release();
    throw error;
  }
  return session;
}

async function refuseMissingPrograms(): Promise<void> {
  const found = await Promise.all(
    imageBuilderPackages.map(async (need) => (await execa("which", [need.file], { reject: false })).exitCode === 0),
  );
  const missing = imageBuilderPackages.filter((_, index) => !found[index]).map((need) => need.package);
  if (missing.length === 0) return;
  throw new SandboxError(
    `Building images needs ${missing.join(", ")} (Debian's names): apt-get install --no-install-recommends ${missing.join(" ")}`,
  );
}

/**
 * Removes what an interrupted session left: its intermediate files (the caches of Go and npm, which buildah keeps beside
 * them, stay) and its notes on mounts, which are gone with their namespace. Buildah then starts as after a reboot.
 */
async function clearInterrupted(): Promise<void> {
  for (const entry of await readdir(buildFolder("tmp"))) {
    if (!entry.startsWith("buildah-cache")) await rm(buildFolder("tmp", entry), { recursive: true, force: true });
  }
  await rm(buildFolder("run"), { recursive: true, force: true });
}

/** Overlays do not stack on overlays (a build inside a container), where plain copies work. */
async function storageDriver(): Promise<"overlay" | "vfs"> {
  const overlayMagic = 0x794c7630;
  return (await statfs(buildFolder())).type === overlayMagic ? "vfs" : "overlay";
}

function runBuildah(driver: string, args: string[], logName?: string): Promise<string> {
  const storage = ["--root", buildFolder("storage"), "--runroot", buildFolder("run"), "--storage-driver", driver];
  return runIsolated(["buildah", ...storage, ...args], `buildah ${args[0]}`, logName);
}

/**
 * Runs a command whose processes and mounts all end with this process, however it ends: the kernel kills the child with
 * its parent, and what lives in the namespaces with the child.
 *
 * @param command program and arguments.
 * @param purpose what an error calls it.
 * @param logName if given, the output goes to this file of the log folder and the error quotes its last lines.
 * @returns what the command printed, or "" with `logName`.
 */
export async function runIsolated(command: string[], purpose: string, logName?: string): Promise<string> {
  const isolated = ["--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const child = execa("setpriv", [...isolated, ...command], {
    env: { TMPDIR: buildFolder("tmp"), BUILDAH_ISOLATION: "chroot", SOURCE_DATE_EPOCH: String(imageTime) },
    stdin: "ignore",
    reject: false,
    all: true,
    buffer: !logName,
  });
  const logFile = logName ? buildFolder("log", `${logName}.log`) : undefined;
  if (logFile) await pipeline(child.all, createWriteStream(logFile));
  const result = await child;
  if (result.exitCode === 0) return logFile ? "" : String(result.stdout);
  const output = logFile ? await readFile(logFile, "utf8") : String(result.all);
  const lines = output.trim().split("\n").slice(-15);
  throw new SandboxError(
    [
      `${purpose} failed (${result.exitCode ?? result.signal ?? result.shortMessage})`,
      ...lines.map((line) => `  ${line.slice(0, 300)}`),
      ...(logFile ? [`all of it: ${logFile}`] : []),
    ].join("\n"),
  );
}

/** @returns a fresh folder inside the builder's, for one build's intermediate files. The caller removes it. */
export async function scratchFolder(name: string): Promise<string> {
  const folder = join(buildFolder("tmp"), name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  return folder;
}
