import { toBytes } from "../../stacks/bytes.ts";
import type { ExternalObjectsPlan } from "../../stacks/objectsPlan.ts";
import type { BucketConfig, UserConfig } from "../../stacks/schema/objectsContent.ts";
import { s3Rules, type S3Rules } from "./s3Rules.ts";

/** What the Job is told to make; the program in the image `objects` reads it. Users' keys come as files. */
export interface ExternalJob {
  /** URL of the store. */
  endpoint: string;
  /** Region that requests are signed for. */
  region: string;
  /** What is made there. */
  manage: ExternalObjectsPlan["manage"];
  /** What marks the users that are made there. */
  owner: string;
  /** The buckets. */
  buckets: (Omit<BucketConfig, "quota"> & { quotaBytes?: number })[];
  /** The users. */
  users: { name: string; login: string; access: UserConfig["access"]; rules: S3Rules; generation: number }[];
}

/** Name of a user that is made on the store: others may share it. */
export const loginOf = ({ owner }: ExternalObjectsPlan, user: string): string => `${owner}-${user}`;

/** The part of the plan that the Job makes true. */
export function externalJob(plan: ExternalObjectsPlan): ExternalJob {
  const { endpoint, region, manage, owner, buckets, users } = plan;
  return {
    endpoint,
    region,
    manage,
    owner,
    buckets: buckets.map(({ quota, ...bucket }) => ({ ...bucket, ...(quota && { quotaBytes: toBytes(quota) }) })),
    users: users.map(({ name, access, generation }) => ({
      name,
      login: loginOf(plan, name),
      access,
      rules: s3Rules(access),
      generation,
    })),
  };
}
