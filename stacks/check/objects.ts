import type { Config } from "../config.ts";
import type { Mistake } from "../mistakes.ts";
import { repeated, unknownName } from "./common.ts";

/** Users refer to buckets that exist. */
export function checkObjects({ objects }: Partial<Config>): Mistake[] {
  if (!objects) return [];
  const buckets = objects.buckets.map((bucket) => bucket.name);
  return [
    ...repeated(buckets, (index) => `objects.buckets[${index}].name`),
    ...repeated(
      objects.users.map((user) => user.name),
      (index) => `objects.users[${index}].name`,
    ),
    ...objects.users.flatMap((user, index) =>
      user.access.flatMap((access, at) =>
        unknownName(`objects.users[${index}].access[${at}].bucket`, access.bucket, buckets, "a bucket of this store"),
      ),
    ),
  ];
}
