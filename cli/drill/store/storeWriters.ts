import { createHash, randomBytes, randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { inTurns } from "../../../images/objects/src/inTurns.ts";
import { removeObjects } from "../../objects/removeObjects.ts";
import { UserError } from "../../userError.ts";
import type { WriteReport } from "../writers.ts";
import { attempt } from "./attempt.ts";
import { readBack } from "./readBack.ts";

/** What clients of an object store saw. */
export interface StoreReport extends WriteReport {
  /** Reads of random objects while all went on. */
  reads: number;
  /** Those that got an error, or no answer in time, although the object's write was acknowledged. */
  failedReads: number;
  /** Those that got something else than was written. */
  wrongReads: number;
  /** Those of objects of which a part had just been damaged. */
  damagedReads: number;
}

/** Arguments of startStoreWriters. */
export interface StoreWritersArgs {
  /** The client. */
  s3: S3Client;
  /** Bucket that the objects go to, under a prefix of their own. */
  bucket: string;
  /** How many write, and how many read, at the same time. Default 4 and 2. */
  count?: { writers: number; readers: number };
  /** Bytes that are written before. Default 0. */
  ballast?: number;
}

/** Clients that write objects and read them again until they are stopped. */
export interface StoreWriters {
  /** Prefix of their objects. */
  prefix: string;
  /** Moment (milliseconds of performance.now) of the latest acknowledgement. */
  latest: () => number;
  /** Keys of the objects whose write was acknowledged. */
  acknowledged: () => string[];
  /**
   * Reads those of their objects of which parts were damaged, and counts that with the other reads.
   *
   * @param near client that comes to where the damaged parts are.
   * @throws UserError where one is not as it was written or could not be read, or none of them is theirs.
   */
  readDamaged: (near: S3Client, damaged: string[]) => Promise<void>;
  /**
   * Ends them, reads everything back that was acknowledged, compares it, and removes it.
   *
   * @throws UserError where the store does not say of all of it whether it is there.
   */
  stop: () => Promise<StoreReport>;
}

/** Most objects are small, and lie beside their metadata; some are large enough for files of their own. */
const SMALL = 8 * 1024;
const LARGE = 1024 * 1024;
const LARGE_EVERY = 16;
/** One object of the ballast. */
const BALLAST = 4 * 1024 * 1024;
/** Milliseconds between two objects of one writer or reader. */
const PAUSE = 100;
/** Readers of what was damaged: all but a few of it is large. */
const DAMAGED_READERS = 2;

const checksum = (content: Uint8Array): string => createHash("sha256").update(content).digest("hex");

/** Starts clients that write objects with random content, remember the checksums of the acknowledged ones, and read those. */
export async function startStoreWriters({
  s3,
  bucket,
  count = { writers: 4, readers: 2 },
  ballast = 0,
}: StoreWritersArgs): Promise<StoreWriters> {
  const prefix = `drill-${process.hrtime.bigint()}/`;
  const sums = new Map<string, string>();
  const keys: string[] = [];
  const times: number[] = [];
  const errors: Record<string, number> = {};
  const outcome = { unknown: 0, failed: 0, reads: 0, failedReads: 0, wrongReads: 0, damagedReads: 0 };
  let stopped = false;

  const put = async (key: string, bytes: number): Promise<void> => {
    const content = randomBytes(bytes);
    const command = new PutObjectCommand({ Bucket: bucket, Key: key, Body: content });
    await attempt(errors, (options) => s3.send(command, options));
    sums.set(key, checksum(content));
    keys.push(key);
  };
  /** Whether an object is as it was written. */
  const get = (key: string, into = errors, client = s3): Promise<boolean> =>
    attempt(into, async (options) => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }), options);
      return checksum(await Body!.transformToByteArray()) === sums.get(key);
    });

  const writer = async (id: number): Promise<void> => {
    for (let number = 1; !stopped; number += 1, await sleep(PAUSE)) {
      try {
        await put(`${prefix}${id}/${number}`, number % LARGE_EVERY === 0 ? LARGE : SMALL);
        times.push(performance.now());
      } catch (error) {
        // A refusal is known to have written nothing; a client that got no answer knows nothing.
        outcome[(error as { $metadata?: object }).$metadata ? "failed" : "unknown"] += 1;
      }
    }
  };
  /** Reads an object and counts how that went. @returns what was wrong. */
  const read = async (key: string, client = s3): Promise<string | undefined> => {
    outcome.reads += 1;
    try {
      if (await get(key, errors, client)) return undefined;
      outcome.wrongReads += 1;
      return "another content came than was written";
    } catch (error) {
      outcome.failedReads += 1;
      return (error as Error).message;
    }
  };
  const reader = async (): Promise<void> => {
    for (; !stopped; await sleep(PAUSE)) {
      const key = keys[randomInt(Math.max(keys.length, 1))];
      if (key !== undefined) await read(key);
    }
  };

  const pieces = Array.from({ length: Math.ceil(ballast / BALLAST) }, (_, index) => `${prefix}ballast/${index}`);
  await inTurns(pieces, (key) => put(key, BALLAST), 4);
  const started = performance.now();
  const running = [
    ...Array.from({ length: count.writers }, (_, id) => writer(id)),
    ...Array.from({ length: count.readers }, reader),
  ];

  return {
    prefix,
    latest: () => times.at(-1) ?? started,
    acknowledged: () => [...keys],
    readDamaged: async (near, damaged) => {
      const own = damaged.filter((key) => sums.has(key));
      if (own.length === 0) throw new UserError("no object that clients wrote was damaged: nothing is proven");
      const bad: string[] = [];
      const readOne = async (key: string): Promise<void> => {
        const wrong = await read(key, near);
        outcome.damagedReads += 1;
        if (wrong) bad.push(`${key}: ${wrong}`);
      };
      await inTurns(own, readOne, DAMAGED_READERS);
      if (bad.length > 0)
        throw new UserError(`${bad.length} of ${own.length} damaged objects were not read right: ${bad[0]}`);
    },
    stop: async () => {
      stopped = true;
      await Promise.all(running);
      const moments = [started, ...times, performance.now()];
      const lost = await readBack(keys, (key) => get(key, {})).finally(() => removeObjects(s3, bucket, keys));
      return {
        ...outcome,
        acknowledged: keys.length,
        errors,
        acknowledgements: times,
        longestPause: Math.max(...moments.slice(1).map((time, index) => time - moments[index]!)) / 1000,
        lost: lost.length,
      };
    },
  };
}
