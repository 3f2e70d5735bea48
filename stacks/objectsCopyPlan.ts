import { parseEndpoint } from "./endpoint.ts";
import type { BucketConfig } from "./schema/objectsContent.ts";
import type { ObjectsCopyConfig } from "./schema/objectsCopy.ts";
import type { Trust } from "./objectsPlan.ts";

/** User of the site's object store that reads what is copied: no app can have this name. */
export const COPY_USER = "objects-copy";

/** The second copy of a store's objects. */
export interface ObjectsCopyPlan extends Omit<ObjectsCopyConfig, "buckets" | "prefix"> {
  /** Name of its objects: `objects-copy`. */
  name: string;
  /** Port of the service. */
  port: number;
  /** Whose CA vouches for the service. */
  trust: Trust;
  /** Each bucket here with its name there. */
  pairs: { site: string; copy: string }[];
}

/** Names of the buckets that are copied. */
export const copiedBuckets = (copy: ObjectsCopyConfig | "none", buckets: BucketConfig[]): string[] =>
  copy === "none" ? [] : (copy.buckets ?? buckets.map(({ name }) => name));

/**
 * Decides what is copied where.
 *
 * @param buckets config's own: backups of databases have a second repository of their own.
 */
export function planObjectsCopy(
  copy: ObjectsCopyConfig | "none",
  buckets: BucketConfig[],
): ObjectsCopyPlan | undefined {
  if (copy === "none") return undefined;
  const { prefix, buckets: _buckets, ...rest } = copy;
  return {
    ...rest,
    name: "objects-copy",
    port: parseEndpoint(copy.endpoint).port,
    trust: copy.caFrom ? "own" : "public",
    pairs: copiedBuckets(copy, buckets).map((name) => ({ site: name, copy: prefix + name })),
  };
}
