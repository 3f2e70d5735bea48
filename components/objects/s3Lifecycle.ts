import type { BucketConfig } from "../../stacks/schema/objectsContent.ts";

/** A rule of a bucket's lifecycle in the words of S3's API. */
export interface S3LifecycleRule {
  /** Name of the rule within its bucket. */
  ID: string;
  /** It counts. */
  Status: "Enabled";
  /** Objects whose key begins so; an empty prefix is left out, as the API does. */
  Filter?: { Prefix: string };
  /**
   * Days after which an object is deleted; or that the mark of a deletion goes with the last version, which those days bring
   * about as well.
   */
  Expiration?: { Days: number } | { ExpiredObjectDeleteMarker: true };
  /** Days after which a version goes that is no longer the current one. */
  NoncurrentVersionExpiration?: { NoncurrentDays: number };
}

/**
 * A bucket's rules about objects and versions. Rules about unfinished uploads alone are none of them: MinIO has one time
 * for the whole store instead.
 */
export function s3Lifecycle(rules: BucketConfig["lifecycle"]): S3LifecycleRule[] {
  return rules.flatMap(({ prefix, expireDays, noncurrentDays }, index) =>
    expireDays === undefined && noncurrentDays === undefined
      ? []
      : [
          {
            ID: `archipel-${index + 1}`,
            Status: "Enabled" as const,
            ...(prefix && { Filter: { Prefix: prefix } }),
            ...(expireDays && { Expiration: { Days: expireDays } }),
            ...(!expireDays && noncurrentDays && { Expiration: { ExpiredObjectDeleteMarker: true as const } }),
            ...(noncurrentDays && { NoncurrentVersionExpiration: { NoncurrentDays: noncurrentDays } }),
          },
        ],
  );
}
