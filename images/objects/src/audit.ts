import type { S3Client } from "@aws-sdk/client-s3";
import { digestOf, listObjects, type Listed } from "./contents.ts";
import type { CopyJob } from "./copyJob.ts";
import { Failure } from "./failure.ts";
import { inTurns } from "./inTurns.ts";
import { isAbsent, openStore, sayError } from "./s3.ts";

/** A side of a comparison. */
type Side = "site" | "copy";

/** What a comparison of one bucket found. */
export interface Audit {
  /** The bucket, and its name in the copy. */
  site: string;
  copy: string;
  /** Objects and bytes of each. */
  count: Record<Side, number>;
  bytes: Record<Side, number>;
  /** Objects that were proven to be the same, and how many of them were read for it. */
  same: number;
  read: number;
  /** Objects that were not: how many, and the first of them. Those of `uncompared` have one size and no common checksum. */
  missing: Differences;
  extra: Differences;
  differing: Differences;
  unreadable: Differences;
  uncompared: Differences;
}

interface Differences {
  count: number;
  first: string[];
}

/** Which objects are read on both sides where the sizes are one: those without a common checksum, all, or none. */
export const READS = ["unknown", "all", "none"] as const;

/** One of READS. */
export type Read = (typeof READS)[number];

/** Kinds of difference. */
const KINDS = ["missing", "extra", "differing", "unreadable", "uncompared"] as const;

/** Names that are listed of each kind of difference. */
const NAMES = 20;

/** Objects that are read at one time. */
const READERS = 4;

/** Milliseconds from one line of progress to the next. */
const INTERVAL = 10_000;

/** An ETag that is an MD5, unless the store encrypts; one of an upload in parts has the number of parts after it. */
const MD5 = /^"?[0-9a-f]{32}"?$/;

/** The order of listings. */
const byBytes = (one: string, other: string): number => Buffer.compare(Buffer.from(one), Buffer.from(other));

/** Compares each bucket with its copy: count, sizes, checksums, contents. */
export async function auditAll(job: CopyJob, read: Read, say: (line: string) => void): Promise<Audit[]> {
  const audits: Audit[] = [];
  for (const pair of job.pairs) audits.push(await new BucketAudit({ job, pair, read, say }).run());
  return audits;
}

/** Arguments of BucketAudit. */
interface BucketAuditArgs {
  /** The stores. */
  job: CopyJob;
  /** The bucket, and its name in the copy. */
  pair: CopyJob["pairs"][number];
  /** What is read. */
  read: Read;
  /** Told of progress, and of what cannot be read. */
  say: (line: string) => void;
}

/** One comparison. Both listings come in the order of the keys, so that they need no room. */
class BucketAudit {
  readonly #clients: Record<Side, S3Client>;
  readonly #audit: Audit;

  readonly #read: Read;
  readonly #say: (line: string) => void;

  constructor({ job, pair, read, say }: BucketAuditArgs) {
    [this.#read, this.#say] = [read, say];
    this.#clients = { site: openStore(job.site, job.site.key), copy: openStore(job.copy, job.copy.key) };
    const none = (): Differences => ({ count: 0, first: [] });
    this.#audit = {
      ...pair,
      count: { site: 0, copy: 0 },
      bytes: { site: 0, copy: 0 },
      same: 0,
      read: 0,
      ...{ missing: none(), extra: none(), differing: none(), unreadable: none(), uncompared: none() },
    };
  }

  async run(): Promise<Audit> {
    const { site, count } = this.#audit;
    const progress = setInterval(
      () => this.#say(`bucket ${site}: ${count.site} objects here, ${count.copy} there, ${this.#audit.read} read`),
      INTERVAL,
    );
    try {
      await inTurns(this.#merge(), (key) => this.#contents(key), READERS);
    } finally {
      clearInterval(progress);
      for (const client of Object.values(this.#clients)) client.destroy();
    }
    // Reads end in any order.
    for (const kind of KINDS) this.#audit[kind].first.sort(byBytes);
    return this.#audit;
  }

  /** Goes over both listings at once, and gives what can only be compared by reading it. */
  async *#merge(): AsyncGenerator<string, undefined> {
    const [here, there] = [this.#list("site"), this.#list("copy")];
    let [one, other] = [await here.next(), await there.next()];
    while (!one.done || !other.done) {
      const order = one.done ? 1 : other.done ? -1 : Buffer.compare(one.value.order, other.value.order);
      if (order < 0) this.#note("missing", one.value!.key);
      else if (order > 0) this.#note("extra", other.value!.key);
      else if (!this.#isCompared(one.value!, other.value!)) yield one.value!.key;
      if (order <= 0) one = await here.next();
      if (order >= 0) other = await there.next();
    }
  }

  async *#list(side: Side): AsyncGenerator<Listed, undefined> {
    const bucket = this.#audit[side];
    try {
      for await (const object of listObjects(this.#clients[side], bucket)) {
        this.#audit.count[side] += 1;
        this.#audit.bytes[side] += object.size;
        yield object;
      }
    } catch (error) {
      if (!isAbsent(error)) throw error;
      throw new Failure([`bucket ${bucket} cannot be compared: ${sayError(error)}`]);
    }
  }

  /** Compares what the listings say. @returns false where the object has to be read. */
  #isCompared(one: Listed, other: Listed): boolean {
    const { key } = one;
    const equal = one.etag !== "" && one.etag === other.etag;
    if (one.size !== other.size) this.#note("differing", key);
    else if (this.#read === "all" || (this.#read === "unknown" && !equal)) return false;
    else if (equal) this.#audit.same += 1;
    else this.#note(MD5.test(one.etag) && MD5.test(other.etag) ? "differing" : "uncompared", key);
    return true;
  }

  /** Reads an object on both sides. */
  async #contents(key: string): Promise<void> {
    try {
      const sides = ["site", "copy"] as const;
      const [here, there] = await Promise.all(
        sides.map((side) => digestOf(this.#clients[side], this.#audit[side], key)),
      );
      this.#audit.read += 1;
      if (here === there) this.#audit.same += 1;
      else this.#note("differing", key);
    } catch (error) {
      this.#say(`bucket ${this.#audit.site}: ${key} cannot be read: ${sayError(error)}`);
      this.#note("unreadable", key);
    }
  }

  #note(kind: (typeof KINDS)[number], key: string): void {
    const found = this.#audit[kind];
    found.count += 1;
    if (found.first.length < NAMES) found.first.push(key);
  }
}
