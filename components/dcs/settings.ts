import { toBytes } from "../../stacks/bytes.ts";
import type { DcsPlan } from "../../stacks/plan.ts";

/** etcd's own default, beyond which it warns of slow starts. */
const LARGEST_QUOTA = 2 * 2 ** 30;

/** etcd's settings, by environment variable. */
export function etcdSettings(plan: DcsPlan): Record<string, string> {
  return {
    // A leader that stands still for less than the election timeout keeps its place: disks and processors are shared. An
    // election after that takes at most 3 s, far less than the 20 s for which Patroni's leader lock lasts.
    ETCD_HEARTBEAT_INTERVAL: "150",
    ETCD_ELECTION_TIMEOUT: "1500",
    // Patroni rewrites the same few keys; nobody reads their history.
    ETCD_AUTO_COMPACTION_MODE: "periodic",
    ETCD_AUTO_COMPACTION_RETENTION: "30m",
    ETCD_QUOTA_BACKEND_BYTES: String(backendQuota(plan.storage)),
    // Passwords are random and long: no cost of their hashes is needed to keep them from being guessed, and etcd's default takes
    // a processor a tenth of a second for each log-in, at the moment when one member gives its lock back to another.
    ETCD_BCRYPT_COST: "4",
    // A voter whose content differs from the others' does not start.
    ETCD_FEATURE_GATES: "InitialCorruptCheck=true",
  };
}

/**
 * Most bytes of etcd's database: an eighth of the volume. Beside it the volume holds its copy while it is defragmented, a
 * copy that a leader sends, and six log files of 64 MiB.
 *
 * @param storage size of the volume in Kubernetes' notation; config has checked its shape.
 */
export function backendQuota(storage: string): number {
  return Math.min(Math.floor(toBytes(storage) / 8), LARGEST_QUOTA);
}
