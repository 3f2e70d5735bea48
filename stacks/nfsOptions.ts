import { nearest } from "./nearest.ts";

/** What may stand behind a mount option: nothing, a number, or one of some words. */
type Value = "none" | "number" | string[];

const VERSIONS = ["3", "4", "4.0", "4.1", "4.2"];

/** Mount options of NFS on Linux, nfs(5) and mount(8), without those that have no use on a node of a cluster. */
const OPTIONS: Record<string, Value> = {
  ...Object.fromEntries(
    [
      ...["hard", "soft", "softerr", "fg", "ac", "noac", "cto", "nocto", "lock", "nolock", "acl", "noacl"],
      ...["rdirplus", "nordirplus", "sharecache", "nosharecache", "resvport", "noresvport", "fsc", "nofsc"],
      ...[
        "softreval",
        "nosoftreval",
        "trunkdiscovery",
        "notrunkdiscovery",
        "migration",
        "nomigration",
        "intr",
        "nointr",
      ],
      ...["tcp", "udp", "sync", "async", "dirsync", "atime", "noatime", "diratime", "nodiratime", "_netdev"],
      ...["relatime", "norelatime", "strictatime", "dev", "nodev", "exec", "noexec", "suid", "nosuid"],
    ].map((name): [string, Value] => [name, "none"]),
  ),
  ...Object.fromEntries(
    [
      ...["timeo", "retrans", "retry", "rsize", "wsize", "port", "mountport", "namlen", "nconnect", "max_connect"],
      ...["acregmin", "acregmax", "acdirmin", "acdirmax", "actimeo", "minorversion"],
    ].map((name): [string, Value] => [name, "number"]),
  ),
  nfsvers: VERSIONS,
  vers: VERSIONS,
  mountvers: ["1", "2", "3"],
  proto: ["tcp", "tcp6", "udp", "udp6", "rdma", "rdma6"],
  mountproto: ["tcp", "tcp6", "udp", "udp6"],
  sec: ["sys", "none", "krb5", "krb5i", "krb5p"],
  lookupcache: ["all", "pos", "positive", "none"],
  local_lock: ["all", "flock", "posix", "none"],
  xprtsec: ["none", "tls", "mtls"],
};

/** Options that another key decides, or that do harm in a cluster. */
const REFUSED: Record<string, Refusal> = {
  ro: { allowed: "options without ro: it follows from the mode", hint: "mode: read-only" },
  rw: { allowed: "options without rw: it follows from the mode", hint: "leave it out" },
  bg: {
    allowed:
      "options without bg: with it a filer that does not answer looks mounted, and the app writes to the disk of its node",
    hint: "leave it out: a pod waits for its mounts, and they are tried again until the filer answers",
  },
};

/** An option that may not be set: what is allowed instead, and a suggestion. */
export interface Refusal {
  allowed: string;
  hint?: string;
}

/**
 * Says what is wrong with a mount option of NFS, before a node has to: there, a wrong one shows as a pod that never starts.
 *
 * @returns undefined where nothing is.
 */
export function refuseNfsOption(option: string): Refusal | undefined {
  const [name, value] = option.split(/=(.*)/s) as [string, string?];
  if (REFUSED[name]) return REFUSED[name];
  const wanted = OPTIONS[name];
  if (!wanted) return { allowed: "a mount option of nfs(5)", hint: nearest(name, Object.keys(OPTIONS)) };
  if (wanted === "none") return value === undefined ? undefined : { allowed: `${name}, without a value` };
  if (wanted === "number")
    return /^[0-9]{1,9}$/.test(value ?? "") ? undefined : { allowed: `${name}=NUMBER, a whole number` };
  if (wanted.includes(value ?? "")) return undefined;
  return {
    allowed: wanted.map((one) => `${name}=${one}`).join(", "),
    hint: value === undefined ? undefined : nearest(value, wanted),
  };
}

/** Whether files are opened without locks that other clients see: NLM is off, or locks stay on the node. */
export const isWithoutLocks = (options: string[]): boolean =>
  options.some((one) => one === "nolock" || /^local_lock=(all|flock|posix)$/.test(one));

/** Whether a write may fail when the filer is slow, without the app's doing. */
export const isSoft = (options: string[]): boolean => options.some((one) => one === "soft" || one === "softerr");
