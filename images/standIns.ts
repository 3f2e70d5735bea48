import { createHash } from "node:crypto";
import { copyFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SandboxError } from "../sandbox/error.ts";
import { type Buildah, imageTime, runIsolated, scratchFolder } from "./buildah.ts";
import { certificates, debianMirrors, goEnv, goSettings, npmFolder, npmRegistry, pythonIndex } from "./hostSettings.ts";

/**
 * Stand-ins for the public base images, made from Debian's packages and from the machine's own Go and npm, for machines
 * that reach package registries but no image registry. What is built on them has the same paths as on the originals.
 */
interface StandIn {
  /** Another stand-in that this one starts from. */
  base?: string;
  /** What decides its content, beside the base. */
  inputs(): Promise<string[]> | string[];
  /** Writes a context with a Containerfile into the folder; returns further build contexts by name. */
  prepare(folder: string): Promise<Record<string, string>>;
}

const debian = "docker.io/library/debian:trixie-slim";

/** What the public slim image leaves out too. Copyright files stay. */
const debianOptions = [
  "force-unsafe-io",
  ...["man", "doc", "info", "locale", "groff", "lintian", "linda"].map((kind) => `path-exclude=/usr/share/${kind}/*`),
  "path-include=/usr/share/doc/*/copyright",
  "path-include=/usr/share/locale/locale.alias",
];

const standIns: Record<string, StandIn> = {
  [debian]: {
    inputs: async () => [...(await debianMirrors()), process.arch],
    prepare: async (folder) => {
      const options = debianOptions.map((option) => `--dpkgopt=${option}`);
      const recipe = ["--mode=root", "--variant=minbase", "--components=main", ...options];
      const target = ["trixie", join(folder, "root.tar"), ...(await debianMirrors())];
      await runIsolated(["mmdebstrap", ...recipe, ...target], "mmdebstrap", "base-debian-packages");
      // Without apt's own folders the images need not remove them again: a removal is stored with its time.
      const emptied = "rm -rf /var/cache/* /var/log/* /var/lib/apt/lists/*";
      await writeFile(join(folder, "Containerfile"), `FROM scratch\nADD root.tar /\nRUN ${emptied}\nCMD ["bash"]\n`);
      return {};
    },
  },
  "docker.io/library/golang:1.26-trixie": {
    base: debian,
    inputs: async () => [await goEnv("GOVERSION"), await goEnv("GOROOT"), ...(await goSettings()), ...certificates()],
    prepare: async (folder) => {
      const version = await goEnv("GOVERSION");
      if (!/^go1\.(2[6-9]|[3-9]\d)/.test(version)) {
        throw new SandboxError(`Building images needs Go 1.26 or later, the machine has ${version}.`);
      }
      await writeContainerfile(folder, [
        "COPY --from=goroot . /usr/local/go",
        ...(await goSettings()).map((setting) => `ENV ${setting}`),
        "ENV GOPATH=/go GOTOOLCHAIN=local",
        "ENV PATH=/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "WORKDIR /go",
      ]);
      return { goroot: await goEnv("GOROOT") };
    },
  },
  "docker.io/library/node:20-trixie-slim": {
    base: debian,
    inputs: async () => [await npmFolder(), await npmRegistry(), ...certificates()],
    prepare: async (folder) => {
      await writeContainerfile(folder, [
        "RUN apt-get update && apt-get install --yes --no-install-recommends nodejs && node --version | grep '^v20' && rm -rf /var/lib/apt/lists/*",
        "COPY --from=npm . /usr/local/lib/node_modules/npm",
        "RUN ln -s /usr/bin/node /usr/local/bin/node && ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm" +
          " && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx",
        `ENV npm_config_registry=${await npmRegistry()} NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt`,
      ]);
      return { npm: await npmFolder() };
    },
  },
  "docker.io/library/python:3.13-slim-trixie": {
    base: debian,
    inputs: () => [pythonIndex(), ...certificates()],
    prepare: async (folder) => {
      await writeContainerfile(folder, [
        "RUN apt-get update && apt-get install --yes --no-install-recommends python3-pip && python3 --version | grep -F ' 3.13.' && rm -rf /var/lib/apt/lists/*",
        `ENV ${pythonIndex()} PIP_CERT=/etc/ssl/certs/ca-certificates.crt PIP_DISABLE_PIP_VERSION_CHECK=1`,
      ]);
      return {};
    },
  },
};

/**
 * How the stand-in of a public base image is made, apart from the machine that makes it.
 *
 * @param name the public image's name, as Containerfiles write it.
 * @throws SandboxError if there is no stand-in for that name.
 */
export function standInRecipe(name: string): string {
  const standIn = standInOf(name);
  const below = standIn.base ? standInRecipe(standIn.base) : debianOptions.join(" ");
  return [name, below, standIn.prepare.toString()].join("\n");
}

function standInOf(name: string): StandIn {
  const standIn = standIns[name];
  if (standIn) return standIn;
  throw new SandboxError(`no stand-in for the base image ${name}: known are ${Object.keys(standIns).join(", ")}`);
}

/**
 * Makes the stand-in of a public base image unless the storage has it.
 *
 * @param name the public image's name, as Containerfiles write it.
 * @returns the stand-in's key, which changes with its recipe and with what the machine puts into it.
 * @throws SandboxError if there is no stand-in for that name, or it cannot be made here.
 */
export async function ensureStandIn(buildah: Buildah, name: string, report: (line: string) => void): Promise<string> {
  const standIn = standInOf(name);
  const baseKey = standIn.base ? await ensureStandIn(buildah, standIn.base, report) : "";
  const inputs = [standInRecipe(name), baseKey, ...(await standIn.inputs())];
  const key = createHash("sha256").update(inputs.join("\n")).digest("hex").slice(0, 16);
  const marker = `localhost/stand-in/${name.replace(/^.*\//, "").replace(":", "-")}:${key}`;
  if (await buildah.find(marker, name)) return key;

  const started = Date.now();
  const short = name.replace("docker.io/library/", "");
  report(`images: making a base like ${short}`);
  const folder = await scratchFolder(`base-${key}`);
  try {
    const contexts = Object.entries(await standIn.prepare(folder)).map(([to, path]) => `--build-context=${to}=${path}`);
    const tags = [`--tag=${name}`, `--tag=${marker}`];
    const args = [
      "build",
      "--pull=never",
      "--layers=false",
      `--timestamp=${imageTime}`,
      "--identity-label=false",
      ...tags,
    ];
    await buildah.run([...args, ...contexts, folder], `base-${short.replace(":", "-")}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const older = (await buildah.names()).filter(
    (other) => other.startsWith(marker.replace(key, "")) && other !== marker,
  );
  if (older.length > 0) await buildah.run(["rmi", ...older]);
  report(`images: base like ${short} made in ${Math.round((Date.now() - started) / 1000)} s`);
  return key;
}

/** A stand-in on Debian that trusts what the machine trusts: only builds run in it, nothing of it is published. */
async function writeContainerfile(folder: string, lines: string[]): Promise<void> {
  const trust = [
    "RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*",
  ];
  for (const path of certificates()) {
    await copyFile(path, join(folder, "ca-certificates.crt"));
    trust.push("COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt");
  }
  await writeFile(join(folder, "Containerfile"), [`FROM ${debian}`, ...trust, ...lines, ""].join("\n"));
}
