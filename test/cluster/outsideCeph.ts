import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa, type ResultPromise } from "execa";
import { runIsolated } from "../../images/buildah.ts";
import { debianMirrors } from "../../images/hostSettings.ts";
import { cacheDir } from "../../sandbox/cache.ts";
import { locked } from "../../sandbox/lock.ts";
import { namespacePath } from "../../sandbox/network.ts";
import { selfSigned } from "./selfSigned.ts";

/** Address of the gateway: the machine of the sandbox that belongs to no site. */
const ADDRESS = "10.10.0.10";
const PORT = 9444;

/** Where Ceph's S3 gateway answers, its Admin Ops API too. */
export const CEPH = { endpoint: `https://${ADDRESS}:${PORT}` };

/** A user of the gateway as a test wants it. */
export interface CephUser {
  /** Its S3 access key. */
  accessKeyId: string;
  /** The secret of that key. */
  secretAccessKey: string;
  /** What it may do with the Admin Ops API, such as `users=*;buckets=*`. Default: nothing. */
  caps?: string;
}

/** Debian's packages that a cluster of a monitor, a storage daemon and a gateway needs: none of them has a manager. */
const PACKAGES = ["ceph-common", "ceph-mon", "ceph-osd", "radosgw"];

/** How their root file system is made, apart from the machine that makes it. */
const RECIPE = [
  ...["--mode=root", "--variant=essential", "--components=main", "--dpkgopt=force-unsafe-io"],
  ...["man", "doc", "info", "locale", "lintian"].map((kind) => `--dpkgopt=path-exclude=/usr/share/${kind}/*`),
  `--include=${PACKAGES.join(",")}`,
];

/** Ceph's programs, where each finds its files: this one's folder is /mnt. */
const CONFIG = `
[global]
mon_host = [v2:127.0.0.1:3300]
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
keyring = /mnt/keyring
admin_socket =
log_file = /mnt/log/$name.log
log_to_stderr = false
mon_cluster_log_to_file = false
mon_allow_pool_size_one = true
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
rgw_rados_pool_pg_num_min = 1
# Each pool that the gateway makes waits for this long, a second where it is not set.
paxos_propose_interval = 0.05

[mon.a]
mon_data = /mnt/mon

[osd.0]
osd_data = /mnt/osd
osd_objectstore = memstore
# The objects are in memory: only an orderly end writes them down.
osd_fast_shutdown = false

[client.rgw.a]
rgw_frontends = beast ssl_endpoint=${ADDRESS}:${PORT} ssl_certificate=/mnt/public.crt ssl_private_key=/mnt/private.key
rgw_thread_pool_size = 16
`;

/** Goes into the root file system $1, which stays as it is, with the folder $2 as /mnt, and becomes what follows. */
const ENTER = `
root=$1 folder=$2
shift 2
mount --bind "$root" "$root"
cd "$root"
mount --bind "$folder" mnt
mount --rbind /dev dev
mount -t proc proc proc
for each in run tmp; do mount -t tmpfs tmpfs $each; done
mount -o remount,bind,ro "$root"
exec chroot . env -i PATH=/usr/sbin:/usr/bin CEPH_CONF=/mnt/ceph.conf "$@"`;

/** Makes the cluster where there is none, and is its first process. It goes on until its input ends. */
const RUN = `
set -euo pipefail
mkdir -p /mnt/log
cd /mnt
if [ ! -e made ]; then
  rm -rf keyring map mon osd
  mkdir mon osd
  ceph-authtool keyring --create-keyring --gen-key --name mon. --cap mon 'allow *'
  for name in client.admin osd.0 client.rgw.a; do
    ceph-authtool keyring --gen-key --name $name --cap mon 'allow *' --cap osd 'allow *'
  done
  monmaptool --create --fsid "$(cat /proc/sys/kernel/random/uuid)" --addv a '[v2:127.0.0.1:3300]' map
  ceph-mon --id a --mkfs --monmap map --keyring keyring
fi
# Debian's storage daemon has the folder of its classes as a relative path.
cd /
# A monitor has been seen that did nothing from its start on: such a one is ended, and begun again.
for try in 1 2 3; do
  ceph-mon --id a --foreground & mon=$!
  if ceph --connect-timeout 20 mon stat; then break; fi
  echo "try $try: the monitor does not answer; its threads wait in:"
  for thread in /proc/$mon/task/*; do echo "$(cat $thread/comm) $(cat $thread/wchan)"; done || true
  kill -9 $mon || true
  wait $mon || true
done
if [ ! -e /mnt/made ]; then
  ceph --connect-timeout 60 osd create
  ceph-osd --id 0 --mkfs
  touch /mnt/made
fi
ceph-osd --id 0 --foreground & osd=$!
radosgw --name client.rgw.a --foreground & gateway=$!
while kill -0 $mon && kill -0 $osd && kill -0 $gateway; do
  if read -r -t 1; then :; elif [ $? -le 128 ]; then break; fi
done
for each in $gateway $osd $mon; do
  kill $each || true
  wait $each || true
done`;

/**
 * Ceph's RADOS gateway at another place: a monitor, a storage daemon that keeps objects in memory, and the gateway, with
 * their files in a folder of their own. All its processes and mounts are in namespaces that end with this process.
 */
export class OutsideCeph {
  readonly #folder = mkdtempSync(join(tmpdir(), "archipel-ceph-"));
  #root = "";
  #server?: ResultPromise;

  /** CA of its certificate, PEM. */
  get ca(): string {
    return readFileSync(join(this.#folder, "public.crt"), "utf8");
  }

  /** Makes its certificate, and once per machine the root file system with its programs: 40 s and 500 MB. */
  async prepare(): Promise<void> {
    await selfSigned({
      folder: this.#folder,
      key: "private.key",
      certificate: "public.crt",
      name: ADDRESS,
      alternatives: `IP:${ADDRESS},DNS:${ADDRESS}`,
    });
    writeFileSync(join(this.#folder, "ceph.conf"), CONFIG);
    mkdirSync(join(this.#folder, "log"), { recursive: true });
    this.#root = await ensureRoot();
  }

  /**
   * Starts it, or again, in the sandbox's network. It begins empty the first time, later with what it had at its last stop.
   *
   * @throws Error when S3 does not answer within two minutes or a program ends before, with what they wrote last.
   */
  async start(): Promise<void> {
    await this.stop();
    this.#server = this.#inside(["bash", "-c", RUN], { stdin: "pipe", all: true });
    let ended = false;
    void this.#server.finally(() => (ended = true));
    const own = ["--cacert", join(this.#folder, "public.crt")];
    const asks = [...own, "--silent", "--fail", "--output", "/dev/null", "--max-time", "10", CEPH.endpoint];
    for (const end = Date.now() + 120_000; ; await sleep(200)) {
      const { failed } = await execa("nsenter", [place(), "curl", ...asks], { reject: false });
      if (!failed) return;
      if (ended || Date.now() > end) throw new Error(`Ceph's gateway does not answer:\n${await this.#lastWords()}`);
    }
  }

  /** Runs `radosgw-admin` with these arguments; returns what it prints. */
  async run(...args: string[]): Promise<string> {
    const result = await this.#inside(["radosgw-admin", ...args], { timeout: 60_000 });
    if (!result.failed) return result.stdout;
    throw new Error(`radosgw-admin ${args.slice(0, 2).join(" ")} failed: ${result.stderr}`);
  }

  /** Makes a user. */
  async user(uid: string, { accessKeyId, secretAccessKey, caps }: CephUser): Promise<void> {
    const keys = [`--access-key=${accessKeyId}`, `--secret-key=${secretAccessKey}`];
    const rights = caps === undefined ? [] : [`--caps=${caps}`];
    await this.run("user", "create", `--uid=${uid}`, `--display-name=${uid}`, ...keys, ...rights);
  }

  /** Stops it; its data stays. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    server.stdin?.end();
    // The end of `unshare` is the end of everything in its namespaces.
    const last = setTimeout(() => server.kill("SIGKILL"), 30_000);
    await server;
    clearTimeout(last);
  }

  /** Ends it and takes its data away. */
  async remove(): Promise<void> {
    this.#server?.kill("SIGKILL");
    await this.#server;
    rmSync(this.#folder, { recursive: true, maxRetries: 10 });
  }

  #inside(command: string[], options: { stdin?: "pipe"; all?: boolean; timeout?: number }) {
    const bound = ["--pdeathsig", "KILL", "nsenter", place()];
    const apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-euc", ENTER, "sh"];
    return execa("setpriv", [...bound, ...apart, this.#root, this.#folder, ...command], {
      stdin: "ignore",
      reject: false,
      ...options,
      forceKillAfterDelay: 100,
    });
  }

  /** Ends it, and tells the last lines of each of its programs. */
  async #lastWords(): Promise<string> {
    this.#server?.kill("SIGKILL");
    const said = { output: String((await this.#server)?.all) };
    const logs = readdirSync(join(this.#folder, "log")).map((name) => [
      name,
      readFileSync(join(this.#folder, "log", name), "utf8"),
    ]);
    return Object.entries({ ...said, ...(Object.fromEntries(logs) as Record<string, string>) })
      .map(([name, text]) => [`${name}:`, ...text.trim().split("\n").slice(-8)].join("\n  "))
      .join("\n");
  }
}

const place = () => `--net=${namespacePath("hub")}`;

/** Makes the root file system with Ceph's programs unless the cache has it; a killed run's half is not taken for one. */
async function ensureRoot(): Promise<string> {
  const mirrors = await debianMirrors();
  const hash = createHash("sha256").update([process.arch, ...RECIPE, ...mirrors].join("\n"));
  const root = cacheDir("toolchain", `ceph-trixie-${hash.digest("hex").slice(0, 12)}`);
  const report = (): void => undefined;
  if (existsSync(root)) return root;
  await locked(root, report, async () => {
    if (existsSync(root)) return;
    const making = `${root}.making`;
    await rm(making, { recursive: true, force: true });
    await mkdir(join(making, "tmp"), { recursive: true });
    const made = join(making, "root");
    const own = ["env", `TMPDIR=${join(making, "tmp")}`];
    await runIsolated([...own, "mmdebstrap", ...RECIPE, "trixie", made, ...mirrors], "mmdebstrap for Ceph");
    await rename(made, root);
    await rm(making, { recursive: true });
  });
  return root;
}
