import { ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { Failure } from "./failure.ts";
import { faultOf, sayFault } from "./fault.ts";
import type { Job } from "./job.ts";
import { isAbsent } from "./s3.ts";

/**
 * Asks a store that somebody else runs whether it knows a key. What the key may do is tried later.
 *
 * @param user whose key it is; default: the account's.
 * @throws Failure with the config key that is wrong, or an Error with it where it may be right a moment later.
 */
export async function tryKey(client: S3Client, { endpoint, region, buckets, from }: Job, user?: string): Promise<void> {
  const key = user === undefined ? from?.account : from?.users[user];
  if (!key || buckets.length === 0) return;
  const bucket = buckets[0]!.name;
  try {
    await client.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 }));
  } catch (error) {
    const opened = { ...key, ...(from?.ca && { ca: from.ca }) };
    const asked = { endpoint, region, bucket, path: "archipel:objects", keyPath: key.path, from: opened };
    const fault = faultOf(error, asked, "list");
    // It is known, and may not do this.
    if (isAbsent(error) || fault.key === "bucket") return;
    const said = sayFault(asked, fault);
    throw fault.passing ? new Error(said) : new Failure([said]);
  }
}
