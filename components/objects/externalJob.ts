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
  /** Config keys of what opens the store, so that the Job can say which is wrong; undefined where the platform made its keys. */
  from?: { account?: KeyFrom; users: Record<string, KeyFrom>; ca?: string };
}

/** Where an access key comes from: its path in config, and the keys of its parts. */
interface KeyFrom {
  path: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** Name of a user that is made on the store: others may share it. */
export const loginOf = ({ owner }: ExternalObjectsPlan, user: string): string => `${owner}-${user}`;

/** The part of the plan that the Job makes true. */
export const externalJob = (plan: ExternalObjectsPlan): ExternalJob => ({
  ...storeJob(plan, (user) => loginOf(plan, user)),
  from: {
    ...(plan.account && { account: keyFrom("archipel:objects.account", plan.account) }),
    users: Object.fromEntries(
      plan.keys.map((key, index) => [key.user, keyFrom(`archipel:objects.keys[${index}]`, key)]),
    ),
    ...(plan.caFrom && { ca: plan.caFrom }),
  },
});

const keyFrom = (path: string, key: { accessKeyIdFrom: string; secretAccessKeyFrom: string }): KeyFrom => ({
  path,
  accessKeyId: key.accessKeyIdFrom,
  secretAccessKey: key.secretAccessKeyFrom,
});

/** What a store's Job is told. */
type StoreOfJob = Pick<ExternalObjectsPlan, "endpoint" | "region" | "manage" | "owner" | "buckets" | "users">;

/**
 * What the Job is told to make of a store.
 *
 * @param login gives a user's name in the store.
 */
export function storeJob(
  { endpoint, region, manage, owner, buckets, users }: StoreOfJob,
  login: (user: string) => string,
): ExternalJob {
  return {
    endpoint,
    region,
    manage,
    owner,
    buckets: buckets.map(({ quota, ...bucket }) => ({ ...bucket, ...(quota && { quotaBytes: toBytes(quota) }) })),
    users: users.map(({ name, access, generation }) => ({
      name,
      login: login(name),
      access,
      rules: s3Rules(access),
      generation,
    })),
  };
}
