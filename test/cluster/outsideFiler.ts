import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { copyFile, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa, type ResultPromise } from "execa";
import { cacheDir } from "../../sandbox/cache.ts";
import { onMachine } from "../../sandbox/machine.ts";
import { namespacePath } from "../../sandbox/network.ts";

/** Address of the filer: the machine of the sandbox that belongs to no site. */
export const FILER = "10.10.0.10";

/** What it exports, and whether it lets anybody write. Root of a node is nobody on it, as on most filers. */
const EXPORTS = { catalogue: "RW", elevation: "RO", exchange: "RW" };

/** Packages with a server and with a client for kernels that have none; they are unpacked, never installed. */
const PACKAGES = ["nfs-ganesha", "nfs-ganesha-vfs", "libnfs-utils", "python3-fusepy", "rpcbind"];

const files = join(import.meta.dirname, "nfs");

/** A filer that has nothing to do with the platform: nfs-ganesha, in the sandbox's network. */
export class OutsideFiler {
  readonly #folder = mkdtempSync(join(tmpdir(), "archipel-filer-"));
  #server?: ResultPromise;

  /**
   * Gets what server and client need.
   *
   * @returns why it cannot be had; undefined where it can.
   */
  async prepare(): Promise<string | undefined> {
    if (!/^VERSION_ID="12"$/m.test(readFileSync("/etc/os-release", "utf8"))) {
      return "its packages are those of Debian 12";
    }
    if (existsSync(usr)) return undefined;
    try {
      await unpackPackages();
      return undefined;
    } catch (error) {
      return (error as Error).message.split("\n").slice(0, 3).join(" ");
    }
  }

  /** Lets a node mount NFS with a client of its own, as `mount.nfs` of a distribution would. */
  async equip(node: string): Promise<void> {
    const client = join(this.#folder, "client");
    mkdirSync(join(client, "sbin"), { recursive: true });
    await copyFile(join(files, "mount.nfs"), join(client, "sbin/mount.nfs"));
    await onMachine(node, ["mount", "-t", "overlay", "-o", `lowerdir=${client}:${usr}:/usr`, "overlay", "/usr"]);
  }

  /** Starts it, with fresh files. */
  async start(): Promise<void> {
    mkdirSync(join(this.#folder, "exports"), { recursive: true });
    mkdirSync(join(this.#folder, "recovery"), { recursive: true });
    writeFileSync(join(this.#folder, "idmapd.conf"), "[General]\nDomain = example.org\n");
    writeFileSync(join(this.#folder, "ganesha.conf"), this.#settings());
    const apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
    this.#server = execa(
      "nsenter",
      [`--net=${namespacePath("hub")}`, ...apart, "sh", join(files, "serve.sh"), this.#folder],
      { env: { USR: usr }, stdin: "ignore", all: true, reject: false },
    );
    let said = "";
    this.#server.all?.on("data", (text: Buffer) => (said += text.toString()));
    for (const end = Date.now() + 30_000; !said.includes("NFS SERVER INITIALIZED"); await sleep(200)) {
      if (Date.now() > end || this.#server.exitCode !== null)
        throw new Error(`the filer does not start: ${said.slice(-2000)}`);
    }
  }

  /** What a command says on the filer, among its files. */
  async run(script: string): Promise<string> {
    const child = await execa("pgrep", ["--parent", String(this.#server!.pid)]);
    const here = `cd '${join(this.#folder, "exports")}' && ${script}`;
    return (await execa("nsenter", ["--target", child.stdout.trim(), "--mount", "sh", "-c", here])).stdout;
  }

  /** Stops it and takes its files away. */
  async remove(): Promise<void> {
    this.#server?.kill("SIGTERM");
    await this.#server;
    rmSync(this.#folder, { recursive: true });
  }

  #settings(): string {
    const exports = Object.entries(EXPORTS).map(
      ([name, access], index) => `EXPORT {
  Export_Id = ${index + 1}; Path = "${join(this.#folder, "exports", name)}"; Pseudo = "/projects/${name}";
  Access_Type = ${access}; Squash = Root_Squash; SecType = sys; FSAL { Name = VFS; }
}`,
    );
    return [
      "NFS_CORE_PARAM { Enable_NLM = false; Enable_RQUOTA = false; Enable_UDP = false; Mount_Path_Pseudo = true; }",
      `NFSV4 { Graceless = true; IdmapConf = "${join(this.#folder, "idmapd.conf")}"; RecoveryRoot = "${join(this.#folder, "recovery")}"; }`,
      ...exports,
    ].join("\n");
  }
}

/** Where the packages are unpacked: a tree that is laid over `/usr` where it is needed. */
const usr = cacheDir("nfs", "usr");

async function unpackPackages(): Promise<void> {
  const folder = cacheDir("nfs.part");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "archives/partial"), { recursive: true });
  const apt = ["--quiet", "--yes", "-o", "DPkg::Lock::Timeout=300", "-o", `Dir::Cache::archives=${folder}/archives`];
  const download = [...apt, "--no-install-recommends", "--download-only", "install", ...PACKAGES];
  // Lists that are missing or old are the usual reason of a first failure.
  if ((await execa("apt-get", download, { reject: false })).failed) {
    await execa("apt-get", [...apt, "update"]);
    await execa("apt-get", download);
  }
  for (const name of (await readdir(join(folder, "archives"))).filter((file) => file.endsWith(".deb"))) {
    await execa("dpkg", ["--extract", join(folder, "archives", name), join(folder, "root")]);
  }
  // Debian 12 has /lib and /sbin inside /usr; some packages still say otherwise.
  for (const part of ["lib", "sbin", "bin"].filter((one) => existsSync(join(folder, "root", one)))) {
    await execa("cp", ["--recursive", "--no-dereference", join(folder, "root", part), join(folder, "root/usr")]);
  }
  mkdirSync(cacheDir("nfs"), { recursive: true });
  renameSync(join(folder, "root/usr"), usr);
  rmSync(folder, { recursive: true });
}
