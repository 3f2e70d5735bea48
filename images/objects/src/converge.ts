import type { S3Client } from "@aws-sdk/client-s3";
import { tryAccess } from "./access.ts";
import { convergeBucket, differences, obstacles, stateOf } from "./buckets.ts";
import { refuse } from "./failure.ts";
import { missingBasics, missingFeatures, scratchKey } from "./features.ts";
import { readKey, type Job, type User } from "./job.ts";
import { GatewayUsers } from "./gatewayUsers.ts";
import { openStore } from "./s3.ts";
import { removeAbandoned } from "./scratch.ts";
import { tryKey } from "./tryKey.ts";

type Say = (line: string) => void;

/**
 * Brings a store to what config says: first looks at all of it and tries what the store can do, then makes what is
 * missing, then tries as each user what config lets it do. Deletes nothing that it did not make itself.
 *
 * @throws Failure with everything that stands in the way; before anything was made, where that can be known before.
 */
export async function converge(job: Job, say: Say): Promise<void> {
  await tryKeys(job);
  if (job.manage === "nothing") await proveForeign(job);
  else await makeOwn(job, say);
  await proveUsers(job, say);
  say(`converged: ${job.buckets.length} buckets, ${job.users.length} users`);
}

/** Every key that comes from config is known to the store. */
async function tryKeys(job: Job): Promise<void> {
  if (job.from?.account) await tryKey(openStore(job, await readKey("account")), job);
  for (const user of Object.keys(job.from?.users ?? {}))
    await tryKey(openStore(job, await readKey("users", user)), job, user);
}

/** What stands there is somebody else's: it is only looked at, with the keys of those who use it. */
async function proveForeign(job: Job): Promise<void> {
  const reasons: string[] = [];
  for (const bucket of job.buckets) {
    const user = writerOf(job, bucket.name);
    if (!user) continue;
    const client = openStore(job, await readKey("users", user.name));
    if ((await stateOf(client, bucket.name)) !== "ours") {
      reasons.push(`bucket ${bucket.name} is not there, or does not open to user ${user.name}`);
      continue;
    }
    reasons.push(...(await differences(client, bucket)));
    // Every object that is tried out would stay as a version, or for as long as the lock says.
    if (bucket.versioning || bucket.objectLock) continue;
    reasons.push(...(await missingBasics({ client, bucket: bucket.name, key: scratchKey() }, [bucket])));
  }
  refuse(reasons.map((reason) => `${reason}; ask whoever runs the store`));
}

const writerOf = ({ users }: Job, bucket: string): User | undefined =>
  users.find(({ access }) => access.some((one) => one.bucket === bucket && one.mode === "readwrite"));

async function makeOwn(job: Job, say: Say): Promise<void> {
  const key = await readKey("account");
  const client = openStore(job, key);
  const gateway = job.manage === "rgw" ? new GatewayUsers(job, key) : undefined;
  refuse(await everyObstacle(job, client, gateway));
  await removeAbandoned(client);
  refuse((await missingFeatures(client, job)).map((reason) => `the store lacks ${reason}`));
  for (const bucket of job.buckets) await convergeBucket(client, bucket, say);
  await gateway?.converge(client, say);
}

async function everyObstacle(job: Job, client: S3Client, gateway: GatewayUsers | undefined): Promise<string[]> {
  const reasons: string[] = [];
  for (const bucket of job.buckets) reasons.push(...(await obstacles(client, bucket)));
  return [...reasons, ...((await gateway?.obstacles()) ?? [])];
}

/** What a user can do beyond config is said; what it cannot do is a failure. */
async function proveUsers(job: Job, say: Say): Promise<void> {
  const reasons: string[] = [];
  for (const user of job.users) {
    const client = openStore(job, await readKey("users", user.name));
    const { lacks, exceeds } = await tryAccess(client, user, job.buckets);
    for (const line of exceeds) say(`wider than config: ${line}`);
    reasons.push(...lacks);
  }
  refuse(reasons);
}
