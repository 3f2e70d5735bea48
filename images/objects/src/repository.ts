import { createHash, X509Certificate } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { Failure } from "./failure.ts";
import { scratchKey } from "./features.ts";
import { faultOf, noCertificate, sayFault, type Fault } from "./fault.ts";
import type { RepositoryJob, RepositoryKeys } from "./repositoryJob.ts";
import { isAbsent, isDenied, openStore } from "./s3.ts";

/** Seconds for which a service that does not answer is asked again: whoever changes config waits for it. */
const PATIENCE = 20;

/** Milliseconds after which a request counts as not answered. */
const ANSWER = 10_000;

/** How a repository is tried. */
export interface TryArgs {
  /** What opens it. */
  keys: RepositoryKeys;
  /** Told that it works. */
  say: (line: string) => void;
  /** Seconds for which a service that does not answer is asked again; default: 20. */
  patience?: number;
}

/**
 * Tries what pgBackRest does with a repository: lists, writes, reads and deletes, with an object of its own below the
 * repository's path. What is there already is neither read nor changed. A bucket that keeps versions keeps that object's.
 *
 * @throws Failure with the config key that is wrong.
 */
export async function tryRepository(job: RepositoryJob, { keys, say, patience = PATIENCE }: TryArgs): Promise<void> {
  if (keys.ca !== undefined && !isCertificate(keys.ca)) throw new Failure([sayFault(job, noCertificate(job))]);
  const client = openStore(job, keys.key, {
    maxAttempts: 1,
    // Where config names a CA no other is trusted: pgBackRest does as much.
    ...(keys.ca !== undefined && { requestHandler: { httpsAgent: { ca: keys.ca } } }),
  });
  try {
    for (const end = Date.now() + patience * 1000; ; await sleep(1000)) {
      const fault = await findFault(client, job);
      if (!fault) break;
      if (!fault.passing || Date.now() > end) throw new Failure([sayFault(job, fault)]);
    }
  } finally {
    client.destroy();
  }
  say(`${job.path}: ${job.endpoint} lists, takes, gives back and deletes objects in bucket ${job.bucket}`);
}

function isCertificate(pem: string): boolean {
  try {
    return Boolean(new X509Certificate(pem));
  } catch {
    return false;
  }
}

/** What the tries need to know of each other. */
interface Place {
  client: S3Client;
  bucket: string;
  prefix: string;
  key: string;
}

const CONTENT = "what a check wrote; it may be deleted";

const soon = (): { abortSignal: AbortSignal } => ({ abortSignal: AbortSignal.timeout(ANSWER) });

/** Everything that is tried, in this order, by what it is called in a message. */
const TRIES: Record<string, (place: Place) => Promise<void>> = {
  list: async ({ client, bucket, prefix }) => {
    await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 }), soon());
  },
  write: async ({ client, bucket, key }) => {
    // S3 asks for a checksum where a bucket has a lock.
    const ContentMD5 = createHash("md5").update(CONTENT).digest("base64");
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: CONTENT, ContentMD5 }), soon());
  },
  read: async (place) => {
    if ((await read(place)) !== CONTENT) throw new Error("another content came back than was written");
  },
  delete: async (place) => {
    await remove(place);
    const left = await read(place).catch((error: unknown) => {
      if (isAbsent(error) || isDenied(error)) return undefined;
      throw error;
    });
    if (left !== undefined) throw new Error("a deleted object can still be read");
  },
};

async function read({ client, bucket, key }: Place): Promise<string> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }), soon());
  return (await Body?.transformToString()) ?? "";
}

async function remove({ client, bucket, key }: Place): Promise<void> {
  await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }), soon());
}

/** The first thing that does not work; undefined: everything does. */
async function findFault(client: S3Client, job: RepositoryJob): Promise<Fault | undefined> {
  const { bucket, prefix } = job;
  const place = { client, bucket, prefix, key: `${prefix}${scratchKey()}` };
  let written = false;
  for (const [action, attempt] of Object.entries(TRIES)) {
    try {
      await attempt(place);
      written ||= action === "write";
    } catch (error) {
      // Nobody else would take it away.
      if (written) await remove(place).catch(() => undefined);
      return faultOf(error, job, action);
    }
  }
  return undefined;
}
