import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { execa } from "execa";
import { SandboxError } from "../sandbox/error.ts";

/** @returns the machine's certificate authorities: the path of one PEM file, or none. */
export function certificates(): string[] {
  const path = process.env["SSL_CERT_FILE"] ?? "/etc/ssl/certs/ca-certificates.crt";
  return existsSync(path) ? [path] : [];
}

/** @returns Debian's archives as the machine's apt knows them (it may have a mirror), for trixie; none: the public ones. */
export async function debianMirrors(): Promise<string[]> {
  const format = ["--format", "$(LABEL) $(SITE)"];
  const targets = (await ask("apt-get", ["indextargets", ...format, "Created-By: Packages", "Origin: Debian"])).split(
    "\n",
  );
  const site = (label: string) => targets.find((line) => line.startsWith(`${label} `))?.split(" ")[1];
  const [archive, security] = [site("Debian"), site("Debian-Security")];
  if (!archive || !security) return [];
  return [`deb ${archive} trixie main`, `deb ${archive} trixie-updates main`, `deb ${security} trixie-security main`];
}

/** @returns one of the machine's Go settings. */
export const goEnv = (name: string): Promise<string> => ask("go", ["env", name]);

/** @returns where Go modules come from and how they are checked, as the machine's Go has it: NAME=VALUE each. */
export async function goSettings(): Promise<string[]> {
  const names = ["GOPROXY", "GOSUMDB", "GOPRIVATE", "GONOPROXY", "GONOSUMDB"];
  const settings = await Promise.all(names.map(async (name) => `${name}=${await goEnv(name)}`));
  return settings.filter((setting) => !setting.endsWith("="));
}

/** @returns the folder of the machine's npm. */
export async function npmFolder(): Promise<string> {
  return dirname(dirname(await realpath(await ask("which", ["npm"]))));
}

/** @returns where the machine's npm finds packages. */
export const npmRegistry = (): Promise<string> => ask("npm", ["config", "get", "registry"]);

/** @returns where pip finds packages, as NAME=VALUE, or "" where the machine's environment does not say. */
export function pythonIndex(): string {
  const index = process.env["PIP_INDEX_URL"];
  return index ? `PIP_INDEX_URL=${index}` : "";
}

/** Asks a program of the machine; Go answers for itself and fetches no other version. */
async function ask(program: string, args: string[]): Promise<string> {
  const result = await execa(program, args, { env: { GOTOOLCHAIN: "local" }, reject: false });
  if (result.exitCode === 0) return result.stdout;
  throw new SandboxError(
    result.code === "ENOENT"
      ? `Building images needs ${program}, and there is none on the PATH.`
      : `Building images needs the output of "${result.command}", which failed:\n${result.stderr}`,
  );
}
