import { PROJECT, type Config } from "../config.ts";
import { excerpt, type Mistake } from "../mistakes.ts";
import { COPY_USER, copiedBuckets } from "../objectsCopyPlan.ts";
import type { BucketConfig } from "../schema/objectsContent.ts";
import { repeated, unknownName } from "./common.ts";

/** The longest name of a bucket that S3 takes. */
const LONGEST_BUCKET = 63;

/** What is copied exists, and nobody else has the name of the user that reads it. */
export function checkObjectsCopy({ objects, apps = [] }: Partial<Config>): Mistake[] {
  if (!objects) return [];
  const { copy, next, buckets, users } = objects;
  if (copy === "none" && next === "none") return [];
  const prefix = copy === "none" ? "" : copy.prefix;
  return [
    ...checkPlace("copy", copy, buckets),
    ...checkPlace("next", next, buckets),
    ...copiedBuckets(copy, buckets)
      .filter((name) => prefix.length + name.length > LONGEST_BUCKET)
      .map((name) => ({
        path: `${PROJECT}:objects.copy.prefix`,
        found: excerpt(prefix + name),
        allowed: `at most ${LONGEST_BUCKET} characters together with a bucket's name`,
      })),
    ...users.flatMap(({ name }, index) => (name === COPY_USER ? [taken(`objects.users[${index}].name`)] : [])),
    ...apps.flatMap(({ name }, index) => (name === COPY_USER ? [taken(`apps[${index}].name`)] : [])),
  ];
}

/** The buckets that go to a place. */
function checkPlace(
  place: "copy" | "next",
  config: { buckets?: string[] } | "none",
  buckets: BucketConfig[],
): Mistake[] {
  if (config === "none") return [];
  const wanted = config.buckets ?? [];
  const known = buckets.map(({ name }) => name);
  const path = (index: number): string => `objects.${place}.buckets[${index}]`;
  return [
    ...repeated(wanted, path),
    ...wanted.flatMap((name, index) => unknownName(path(index), name, known, "a bucket of this store")),
    ...(copiedBuckets(config, buckets).length === 0
      ? [{ path: `${PROJECT}:objects.${place}`, found: "no bucket to copy", allowed: "none, or a store with buckets" }]
      : []),
  ];
}

const taken = (path: string): Mistake => ({
  path: `${PROJECT}:${path}`,
  found: excerpt(COPY_USER),
  allowed: "another name: this user reads everything that is copied",
});
