import { PROJECT, type Config } from "../config.ts";
import { excerpt, type Mistake } from "../mistakes.ts";
import { COPY_USER, copiedBuckets } from "../objectsCopyPlan.ts";
import { repeated, unknownName } from "./common.ts";

/** The longest name of a bucket that S3 takes. */
const LONGEST_BUCKET = 63;

/** What is copied exists, and nobody else has the name of the user that reads it. */
export function checkObjectsCopy({ objects, apps = [] }: Partial<Config>): Mistake[] {
  if (!objects || objects.copy === "none") return [];
  const { copy, buckets, users } = objects;
  const known = buckets.map(({ name }) => name);
  const wanted = copy.buckets ?? [];
  return [
    ...repeated(wanted, (index) => `objects.copy.buckets[${index}]`),
    ...wanted.flatMap((name, index) =>
      unknownName(`objects.copy.buckets[${index}]`, name, known, "a bucket of this store"),
    ),
    ...(copiedBuckets(copy, buckets).length === 0
      ? [{ path: `${PROJECT}:objects.copy`, found: "no bucket to copy", allowed: "none, or a store with buckets" }]
      : []),
    ...copiedBuckets(copy, buckets)
      .filter((name) => copy.prefix.length + name.length > LONGEST_BUCKET)
      .map((name) => ({
        path: `${PROJECT}:objects.copy.prefix`,
        found: excerpt(copy.prefix + name),
        allowed: `at most ${LONGEST_BUCKET} characters together with a bucket's name`,
      })),
    ...users.flatMap(({ name }, index) => (name === COPY_USER ? [taken(`objects.users[${index}].name`)] : [])),
    ...apps.flatMap(({ name }, index) => (name === COPY_USER ? [taken(`apps[${index}].name`)] : [])),
  ];
}

const taken = (path: string): Mistake => ({
  path: `${PROJECT}:${path}`,
  found: excerpt(COPY_USER),
  allowed: "another name: this user reads everything that is copied",
});
