import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { CopyJob, Store } from "./copyJob.ts";
import { MARKER } from "./marker.ts";

/** How the two stores are opened. Keys are given in the environment: nobody sees them in a list of processes. */
const remote = (name: "site" | "copy", { endpoint, region, key }: Store, more: Record<string, string> = {}) => {
  const settings = {
    type: "s3",
    provider: "Other",
    endpoint,
    region,
    access_key_id: key.accessKeyId,
    secret_access_key: key.secretAccessKey,
    ...more,
  };
  return Object.entries(settings).map(([setting, value]) => [
    `RCLONE_CONFIG_${name.toUpperCase()}_${setting.toUpperCase()}`,
    value,
  ]);
};

/** Arguments of rclone. */
export interface RcloneArgs {
  /** The stores. */
  job: Pick<CopyJob, "site" | "copy">;
  /** The command and its options. */
  args: string[];
  /** The copy is seen as it was at this moment. */
  at?: string;
  /** Told each line of its output. */
  onLine?: (line: string) => void;
}

/**
 * Options that every command gets: bounded memory, retries, one line of progress now and then. Objects of the size of a part or
 * more go in parts, each with its checksum, which stores ask for where a bucket has a lock: an object that came in parts has
 * none as a whole.
 */
const OPTIONS = [
  "--config=/dev/null",
  `--exclude=/${MARKER}`,
  "--s3-no-check-bucket",
  "--s3-upload-cutoff=5Mi",
  "--s3-chunk-size=16Mi",
  "--s3-upload-concurrency=2",
  "--transfers=4",
  "--checkers=8",
  "--retries=5",
  "--retries-sleep=2s",
  "--stats=2s",
  "--stats-one-line",
  "--stats-log-level=NOTICE",
];

/** Runs rclone; what it says of itself goes to standard error. @returns its exit code. */
export async function rclone({ job, args, at, onLine = console.log }: RcloneArgs): Promise<number> {
  const env = Object.fromEntries([
    ...remote("site", job.site),
    ...remote("copy", job.copy, at ? { version_at: at } : {}),
  ]) as Record<string, string>;
  const child = spawn("rclone", [...args, ...OPTIONS], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const code = new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve(status ?? 1));
  });
  for await (const line of createInterface({ input: child.stdout })) onLine(line);
  return code;
}
