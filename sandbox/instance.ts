import { createHash } from "node:crypto";
import { cacheDir } from "./cache.ts";
import { SandboxError } from "./error.ts";

/**
 * One sandbox among several on this machine. `ARCHIPEL_INSTANCE` names it; without it there is the one that people use.
 * Tests take a name of their own and run beside it: names in the kernel carry the name, and its loopback address differs,
 * so that both keep the same ports.
 */
export interface Instance {
  /** Start of every name that the sandbox gives to something in the kernel (namespaces, cgroups). */
  prefix: string;
  /** The address in 127.0.0.0/8 on which its gateway listens. */
  loopback: string;
  /** Runtime state: made by `up`, deleted by `down`. */
  stateDir: string;
  /** Image stores of the nodes' containerd: they survive `down`. */
  imagesDir: string;
}

/**
 * The instance that the environment names.
 *
 * @throws SandboxError when the name is not 1 to 8 lower-case letters and digits
 */
export function instance(): Instance {
  const name = process.env["ARCHIPEL_INSTANCE"] ?? "";
  if (name === "") {
    return {
      prefix: "archipel",
      loopback: "127.0.0.1",
      stateDir: cacheDir("sandbox"),
      imagesDir: cacheDir("containerd"),
    };
  }
  if (!/^[a-z0-9]{1,8}$/.test(name)) {
    throw new SandboxError(
      `ARCHIPEL_INSTANCE is "${name}": it names one of several sandboxes with 1 to 8 lower-case letters and digits.`,
    );
  }
  const [high = 0, low = 0] = createHash("sha256").update(name).digest();
  return {
    prefix: `archipel-${name}`,
    loopback: `127.1.${high}.${1 + (low % 254)}`,
    stateDir: cacheDir(`sandbox-${name}`),
    imagesDir: cacheDir(`containerd-${name}`),
  };
}
