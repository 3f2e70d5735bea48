import { parseEndpoint } from "./endpoint.ts";
import type { Trust } from "./objectsPlan.ts";
import type { BucketConfig } from "./schema/objectsContent.ts";
import type { ObjectsCopyConfig } from "./schema/objectsCopy.ts";
import type { ObjectsNextConfig } from "./schema/objectsNext.ts";

/** User of the site's object store that reads what is copied: no app can have this name. */
export const COPY_USER = "objects-copy";

/** Another place to which a store's objects are copied. */
export interface ObjectsPlacePlan extends Omit<ObjectsNextConfig, "buckets"> {
  /** What it is called: the second copy, or the store to which the objects move. */
  place: "copy" | "next";
  /** Name of its objects: `objects-copy`, `objects-next`. */
  name: string;
  /** Port of the service. */
  port: number;
  /** Whose CA vouches for the service. */
  trust: Trust;
  /** Each bucket here with its name there. */
  pairs: { site: string; copy: string }[];
  /** The buckets there, as they are made. */
  buckets: Omit<BucketConfig, "quota">[];
  /** When what changed is copied; undefined: when somebody says so. */
  schedule?: string;
}

/** The second copy of a store's objects. */
export interface ObjectsCopyPlan extends ObjectsPlacePlan, Pick<ObjectsCopyConfig, "maxAgeHours"> {}

/** What config says of the other places of a store's objects. */
export interface PlacesConfig {
  /** The second copy. */
  copy: ObjectsCopyConfig | "none";
  /** Where the objects are to move. */
  next: ObjectsNextConfig | "none";
  /** Config's own buckets: backups of databases have a second repository of their own. */
  buckets: BucketConfig[];
}

/** Names of the buckets that are copied to a place. */
export const copiedBuckets = (place: { buckets?: string[] } | "none", buckets: BucketConfig[]): string[] =>
  place === "none" ? [] : (place.buckets ?? buckets.map(({ name }) => name));

/** Names of the buckets that are copied to any place, each once. */
export const readBuckets = ({ copy, next, buckets }: PlacesConfig): string[] => [
  ...new Set([...copiedBuckets(copy, buckets), ...copiedBuckets(next, buckets)]),
];

/** Decides what is copied where: every bucket of the second copy keeps what is replaced or deleted. */
export function planObjectsCopy({ copy, buckets }: PlacesConfig): ObjectsCopyPlan | undefined {
  if (copy === "none") return undefined;
  const { prefix, keepDays, lock, buckets: _buckets, ...rest } = copy;
  const names = copiedBuckets(copy, buckets);
  return {
    ...rest,
    ...placeOf(copy),
    place: "copy",
    name: "objects-copy",
    pairs: names.map((name) => ({ site: name, copy: prefix + name })),
    buckets: names.map((name) => ({
      name: prefix + name,
      versioning: true,
      ...(lock !== "none" && { objectLock: { mode: lock, days: keepDays } }),
      lifecycle: [{ prefix: "", noncurrentDays: keepDays, abortUploadDays: 7 }],
    })),
  };
}

/** Decides what moves where: the buckets there are as config says of those here. */
export function planObjectsNext({ next, buckets }: PlacesConfig): ObjectsPlacePlan | undefined {
  if (next === "none") return undefined;
  const { buckets: _buckets, ...rest } = next;
  const names = copiedBuckets(next, buckets);
  return {
    ...rest,
    ...placeOf(next),
    place: "next",
    name: "objects-next",
    pairs: names.map((name) => ({ site: name, copy: name })),
    buckets: buckets.filter(({ name }) => names.includes(name)).map(({ quota: _quota, ...bucket }) => bucket),
  };
}

const placeOf = ({ endpoint, caFrom }: ObjectsNextConfig): { port: number; trust: Trust } => ({
  port: parseEndpoint(endpoint).port,
  trust: caFrom ? "own" : "public",
});
