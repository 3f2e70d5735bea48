import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { execa, execaSync } from "execa";
import pRetry from "p-retry";
import { cacheDir } from "../cache.ts";
import { SandboxError } from "../error.ts";
import { locked } from "../lock.ts";
import type { Report } from "../report.ts";
import { downloadKubernetes } from "./download.ts";
import { kubernetesVersion, metallbManifest, tools, type Tool } from "./tools.ts";

const here = import.meta.dirname;

/** Start of the names of the folders into which Go builds. */
const outputPrefix = "go-build-";

/** The oldest Go that compiles this release of Kubernetes. */
const oldestGo = [1, 25] as const;

/** Where the built tools are: the folder's name changes with everything that goes into them. */
export function toolchainDir(): string {
  const hash = createHash("sha256").update(process.arch);
  for (const file of ["go.mod", "go.sum", "coredns/main.go", "registry/main.go"]) {
    hash.update(readFileSync(join(here, file)));
  }
  return cacheDir("toolchain", `kubernetes-${kubernetesVersion}-${hash.digest("hex").slice(0, 12)}`);
}

/** Path of a built tool, or of another file of the toolchain. */
export function tool(name: string): string {
  return join(toolchainDir(), name);
}

/** Why the toolchain cannot be had on this machine, or undefined when it is there or can be built. */
export function whyNoToolchain(): string | undefined {
  if (existsSync(toolchainDir())) return undefined;
  const wanted = oldestGo.join(".");
  const found = execaSync("go", ["env", "GOVERSION"], { reject: false, cwd: "/" });
  if (found.exitCode !== 0)
    return `Go ${wanted} or later is not installed, and the cluster's programs are built with it`;
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(found.stdout) ?? [];
  const [wantedMajor, wantedMinor] = oldestGo;
  if (Number(major) > wantedMajor || (Number(major) === wantedMajor && Number(minor) >= wantedMinor)) return undefined;
  return `Go ${wanted} or later is needed to build the cluster's programs, and this is ${found.stdout}`;
}

/**
 * Makes the tools that are not yet in the cache: takes those that the machine has in the right version, downloads what
 * Kubernetes publishes, and builds the rest. What a killed run had compiled is not compiled again. Cold, on two cores,
 * all of it takes six minutes.
 *
 * @returns the folder with the executables
 * @throws SandboxError when a build fails, with the compiler's last lines
 */
export async function ensureToolchain(report: Report): Promise<string> {
  const done = toolchainDir();
  if (!existsSync(done)) await locked(done, report, () => makeToolchain(done, report));
  return done;
}

async function makeToolchain(done: string, report: Report): Promise<void> {
  if (existsSync(done)) return;
  const making = `${done}.making`;
  await mkdir(making, { recursive: true });
  for (const each of await readdir(making)) {
    if (each.startsWith(outputPrefix)) await rm(join(making, each), { recursive: true });
  }
  const absent = () => tools.filter((each) => !existsSync(join(making, each.name)));
  for (const each of absent()) await takeFromMachine(each, making);
  await downloadKubernetes(absent(), making, report);
  // The provisioner imports a logger under an old spelling of the name that the registry uses: Go refuses both in one
  // build, not in one module.
  const alone = (each: Tool) => each.name === "local-path-provisioner";
  await build(
    absent().filter((each) => !alone(each)),
    making,
    report,
  );
  await build(absent().filter(alone), making, report);

  const module = await go(["list", "-m", "-f", "{{.Dir}}", metallbManifest.module]);
  await copyFile(join(module, metallbManifest.file), join(making, "metallb.yaml"));
  await rename(making, done);
}

/** Copies an executable of the machine into `folder` when it is of the right version. */
async function takeFromMachine(wanted: Tool, folder: string): Promise<void> {
  if (!wanted.onMachine) return;
  const path = (await execa("which", [wanted.name], { reject: false })).stdout;
  if (!path) return;
  const { stdout } = await execa(path, wanted.onMachine.args, { reject: false, timeout: 10_000 });
  const versions: string[] = String(stdout).match(/v?\d+\.\d+\.\d+\S*/g) ?? [];
  if (versions.includes(wanted.onMachine.answer)) {
    await copyFile(path, join(folder, `${wanted.name}.new`));
    await rename(join(folder, `${wanted.name}.new`), join(folder, wanted.name));
  }
}

/** Builds tools with one `go build`, which compiles what they share once, and puts them into `folder`. */
async function build(toBuild: Tool[], folder: string, report: Report): Promise<void> {
  if (toBuild.length === 0) return;
  const packages = toBuild.map((each) => each.package);
  report(`Building ${toBuild.map((each) => each.name).join(", ")} from Go modules`);
  const all = (await go(["list", "-deps", ...packages])).split("\n").length;

  // A folder of its own: the build that a killed run left behind may still be writing into that run's.
  const output = await mkdtemp(join(folder, outputPrefix));
  const args = ["build", "-v", "-trimpath", "-ldflags", linkerFlags(), "-o", `${output}/`, ...packages];
  const running = execa("nice", ["go", ...args], { ...inModule, reject: false });
  let compiled = 0;
  let lastReport = Date.now();
  for await (const line of running.iterable({ from: "stderr" })) {
    // The compiler names each package that it compiles; other lines (downloads, errors) have spaces.
    if (!line.includes(" ")) compiled++;
    if (Date.now() - lastReport < 5000) continue;
    lastReport = Date.now();
    report(`Compiled ${compiled} of at most ${all} packages`);
  }
  const { exitCode, stderr } = await running;
  if (exitCode !== 0) {
    throw new SandboxError(describeFailure(stderr));
  }
  // Go names an executable after its package's folder.
  for (const each of toBuild) await rename(join(output, executableOf(each.package)), join(folder, each.name));
  const left = await readdir(output);
  if (left.length > 0) throw new SandboxError(`The build made ${left.join(", ")}, which no tool is named after.`);
  await rm(output, { recursive: true });
}

/** The name that `go build` gives to the executable of a package: its last element that is not a major version. */
function executableOf(path: string): string {
  return basename(path.replace(/\/v\d+$/, ""));
}

function linkerFlags(): string {
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(kubernetesVersion) ?? [];
  const values = { gitVersion: kubernetesVersion, gitMajor: major, gitMinor: minor, gitTreeState: "clean" };
  const settings = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((owner) =>
    Object.entries(values).map(([name, value]) => `-X ${owner}.${name}=${value}`),
  );
  return ["-s", "-w", ...settings].join(" ");
}

/**
 * How go runs: in the tools' module, behind everything else that the machine does. Its compiler takes a sixth less processor time
 * where it collects its garbage less often, and no more than 400 MB.
 */
const inModule = {
  cwd: here,
  env: { CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false", GOWORK: "off", GOGC: "400" },
} as const;

/** Runs go; where modules cannot be fetched it tries again, since networks have their moments. */
function go(args: string[]): Promise<string> {
  return pRetry(
    async () => {
      const { stdout, stderr, failed } = await execa("nice", ["go", ...args], { ...inModule, reject: false });
      if (!failed) return stdout;
      throw new SandboxError(describeFailure(stderr));
    },
    { retries: 2, minTimeout: 2000, shouldRetry: ({ message }) => message.includes(UNFETCHED) },
  );
}

const UNFETCHED = "Go modules cannot be fetched";

/** What go said last, each thing once, and what to do where it is the network. */
export function describeFailure(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("go: downloading "));
  const said = [...new Set(lines)].slice(-15);
  const full = said.find((line) => line.includes("no space left on device"));
  if (full)
    return `The disk is full while the cluster's programs are built, which takes about 5 GB, and the images and clusters as much again:\n  ${full}`;
  const unfetched = said.filter((line) => /dial tcp|: lookup |i\/o timeout|TLS handshake|: [45]\d\d /.test(line));
  if (unfetched.length === 0) return `The cluster's programs could not be built:\n${said.join("\n")}`;
  return [
    `${UNFETCHED}, and the cluster's programs are built from them:`,
    `  ${unfetched[0]}`,
    "Is this machine on the network? A proxy for modules is set by: go env -w GOPROXY=https://...",
    "What was fetched and built so far is kept.",
  ].join("\n");
}
