import { readFileSync } from "node:fs";
import { cacheDir } from "./cache.ts";
import { whyNoToolchain } from "./toolchain/build.ts";

/** Linux's number of the capability to mount, to enter namespaces and to make network interfaces. */
const CAP_SYS_ADMIN = 21n;

/**
 * Why this machine cannot host a sandbox, in one line, or undefined when it can. System packages that are missing are no
 * reason: they get installed.
 */
export function whyNot(): string | undefined {
  if (process.platform !== "linux") return `a sandbox needs Linux, and this is ${process.platform}`;
  if (process.getuid?.() !== 0) return "a sandbox needs root: it makes network namespaces and mounts";
  if (!/^\s*0\s+0\s+4294967295/.test(readFileSync("/proc/self/uid_map", "utf8"))) {
    return "root is root of a user namespace only, and may not make cgroups here";
  }
  const effective = /^CapEff:\s*(\S+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
  if (((BigInt(`0x${effective}`) >> CAP_SYS_ADMIN) & 1n) === 0n) {
    return "root may not mount here (no CAP_SYS_ADMIN): this is a container without privileges";
  }
  const cache = cacheDir();
  const hidden = ["/run", "/var/run", "/var/lib", "/var/log", "/proc", "/sys"].find((at) =>
    `${cache}/`.startsWith(`${at}/`),
  );
  if (hidden)
    return `the cache is ${cache}, and the machines have a ${hidden} of their own: set ARCHIPEL_CACHE to another`;
  return whyNoToolchain();
}
