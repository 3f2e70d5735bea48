import type { CopyJob } from "./copyJob.ts";
import { Failure } from "./failure.ts";
import { rclone, type Remote } from "./rclone.ts";

/** What a comparison of one bucket found. */
export interface Audit {
  /** The bucket, and its name in the copy. */
  site: string;
  copy: string;
  /** Objects and bytes of each. */
  count: Record<Remote, number>;
  bytes: Record<Remote, number>;
  /** Objects that are the same. */
  same: number;
  /** Objects that are not: how many, and the first of them. */
  missing: Differences;
  extra: Differences;
  differing: Differences;
  unreadable: Differences;
}

interface Differences {
  count: number;
  first: string[];
}

/** Names that are listed of each kind of difference. */
const NAMES = 20;

/** What rclone writes before the name of an object. */
const KINDS = { "+": "missing", "-": "extra", "*": "differing", "!": "unreadable" } as const;

/**
 * Compares each bucket with its copy: count, sizes, checksums.
 *
 * @param download whether every object is read on both sides; without, checksums are compared as far as both know them.
 */
export async function auditAll(job: CopyJob, download: boolean): Promise<Audit[]> {
  const audits: Audit[] = [];
  for (const pair of job.pairs) audits.push(await auditBucket(job, pair, download));
  return audits;
}

async function auditBucket(job: CopyJob, { site, copy }: CopyJob["pairs"][number], download: boolean): Promise<Audit> {
  const none = (): Differences => ({ count: 0, first: [] });
  const found = { missing: none(), extra: none(), differing: none(), unreadable: none() };
  let same = 0;
  const args = ["check", `site:${site}`, `copy:${copy}`, "--combined=-", ...(download ? ["--download"] : [])];
  const onLine = (line: string): void => {
    const kind = KINDS[line[0] as keyof typeof KINDS];
    if (!kind) {
      same += 1;
      return;
    }
    found[kind].count += 1;
    if (found[kind].first.length < NAMES) found[kind].first.push(line.slice(2));
  };
  const code = await rclone({ job, args, onLine });
  // It ends with 1 where anything differs, and where it could not look.
  if (code !== 0 && Object.values(found).every(({ count }) => count === 0)) {
    throw new Failure([`bucket ${site} cannot be compared with ${copy}: rclone ended with ${code}`]);
  }
  const [here, there] = [await sizeOf(job, `site:${site}`), await sizeOf(job, `copy:${copy}`)];
  return {
    site,
    copy,
    count: { site: here.count, copy: there.count },
    bytes: { site: here.bytes, copy: there.bytes },
    same,
    ...found,
  };
}

async function sizeOf(job: CopyJob, place: string): Promise<{ count: number; bytes: number }> {
  let text = "";
  const code = await rclone({ job, args: ["size", "--json", place], onLine: (line) => (text += line) });
  if (code !== 0) throw new Failure([`${place} cannot be listed: rclone ended with ${code}`]);
  return JSON.parse(text) as { count: number; bytes: number };
}
