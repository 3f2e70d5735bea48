import type { Config } from "../config.ts";
import type { Mistake } from "../mistakes.ts";
import { checkBuckets } from "./buckets.ts";
import { repeated, unknownName } from "./common.ts";
import { checkMinio } from "./minio.ts";

/** Users refer to buckets that exist, and the store can be what config says. */
export function checkObjects({ objects, sites }: Partial<Config>): Mistake[] {
  if (!objects) return [];
  const buckets = objects.buckets.map((bucket) => bucket.name);
  return [
    ...(objects.kind === "minio" ? checkMinio(objects, { sites }) : []),
    ...checkBuckets(objects.buckets),
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
