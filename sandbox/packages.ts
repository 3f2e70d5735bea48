import { accessSync, constants, existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline/promises";
import { execa } from "execa";
import { SandboxError } from "./error.ts";
import type { Report } from "./report.ts";

/** What the sandbox needs of the system: an executable, and the Debian package that has it. */
const sandboxNeeds: Need[] = [
  { file: "containerd", package: "containerd" },
  { file: "runc", package: "runc" },
  { file: "/usr/lib/cni/ptp", package: "containernetworking-plugins" },
  { file: "haproxy", package: "haproxy" },
  { file: "nft", package: "nftables" },
  { file: "tini", package: "tini" },
  { file: "runsvdir", package: "runit" },
  { file: "/bin/busybox", package: "busybox-static" },
  { file: "openssl", package: "openssl" },
  { file: "ip", package: "iproute2" },
  { file: "unshare", package: "util-linux" },
  { file: "mount", package: "mount" },
  { file: "mkfs.ext4", package: "e2fsprogs" },
  { file: "tar", package: "tar" },
];

/** Folder of the network plugins that containerd runs. */
export const networkPlugins = "/usr/lib/cni";

/** The path with which the machines' programs are found. */
export const systemPath = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"].join(
  delimiter,
);

/** One program that is needed, and the Debian package that has it. */
export interface Need {
  /** Name on the path, or absolute path. */
  file: string;
  /** Debian's name of the package. */
  package: string;
}

/** How `ensurePackages` may behave. */
export interface PackageOptions {
  /** Install without asking. Default: ask on a terminal. */
  yes?: boolean | undefined;
  /** Whether somebody is there to answer. Default: standard input and output are a terminal. */
  interactive?: boolean | undefined;
  /** What else is needed beside the sandbox's own, so that there is one question and one installation. */
  others?: Need[] | undefined;
}

/** Names of the Debian packages that the machine lacks, of the sandbox's needs and others. */
export function missingPackages(others: Need[] = []): string[] {
  const lacks = [...sandboxNeeds, ...others].filter(
    (each) => !(each.file.startsWith("/") ? existsSync(each.file) : onPath(each.file)),
  );
  return [...new Set(lacks.map((each) => each.package))];
}

/**
 * Installs the packages that the machine lacks, none of whose services start. Says which and asks first on a terminal.
 *
 * @throws SandboxError when the answer is no, or when they cannot be installed
 */
export async function ensurePackages(options: PackageOptions, report: Report): Promise<void> {
  const packages = missingPackages(options.others);
  if (packages.length === 0) return;
  const command = `apt-get install --no-install-recommends ${packages.join(" ")}`;
  if (!onPath("apt-get")) {
    throw new SandboxError(`The sandbox needs ${packages.join(", ")} (Debian's names) and there is no apt-get here.`);
  }
  report(`The sandbox needs system packages that are not installed: ${packages.join(", ")}`);
  const interactive = options.interactive ?? (process.stdin.isTTY && process.stdout.isTTY);
  if (!options.yes && interactive && !(await confirmed("Install them? [Y/n] "))) {
    throw new SandboxError(`Not installed. Install them with "${command}", then try again.`);
  }
  report("Installing them; their services are kept from starting");
  await withoutServices(async () => {
    await aptGet(["update"]);
    await aptGet(["install", "--yes", "--no-install-recommends", ...packages]);
  });
  const still = missingPackages(options.others);
  if (still.length > 0) throw new SandboxError(`Still missing after "${command}": ${still.join(", ")}.`);
}

async function aptGet(args: string[]): Promise<void> {
  const result = await execa("apt-get", ["-q", "-o", "DPkg::Lock::Timeout=300", ...args], {
    env: { DEBIAN_FRONTEND: "noninteractive" },
    stdin: "ignore",
    reject: false,
    all: true,
  });
  if (result.exitCode === 0) return;
  const last = result.all.trim().split("\n").slice(-5).join("\n");
  throw new SandboxError(`apt-get ${args.join(" ")} failed:\n${last}`);
}

/** Keeps Debian's packages from starting services while `work` runs; a policy that is there already stays as it is. */
async function withoutServices(work: () => Promise<void>): Promise<void> {
  const policy = "/usr/sbin/policy-rc.d";
  if (existsSync(policy)) return work();
  await writeFile(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    await work();
  } finally {
    await rm(policy, { force: true });
  }
}

async function confirmed(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(question);
  terminal.close();
  return /^(y|yes|)$/i.test(answer.trim());
}

function onPath(name: string): boolean {
  return [systemPath, process.env["PATH"] ?? ""]
    .join(delimiter)
    .split(delimiter)
    .some((folder) => {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
