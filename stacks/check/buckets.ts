import { PROJECT } from "../config.ts";
import { excerpt, type Mistake } from "../mistakes.ts";
import type { BucketConfig } from "../schema/objectsContent.ts";

/** Every rule of a lifecycle does something, on versions only where there are some. */
export function checkBuckets(buckets: BucketConfig[]): Mistake[] {
  return buckets.flatMap((bucket, index) =>
    bucket.lifecycle.flatMap((rule, at): Mistake[] => {
      const path = `${PROJECT}:objects.buckets[${index}].lifecycle[${at}]`;
      const { expireDays, noncurrentDays, abortUploadDays } = rule;
      if (expireDays === undefined && noncurrentDays === undefined && abortUploadDays === undefined)
        return [
          {
            path,
            found: excerpt(rule),
            allowed: "a rule with at least one of expireDays, noncurrentDays and abortUploadDays",
          },
        ];
      if (noncurrentDays !== undefined && !bucket.versioning && !bucket.objectLock)
        return [
          {
            path: `${path}.noncurrentDays`,
            found: String(noncurrentDays),
            allowed: "nothing: this bucket keeps no old versions",
            hint: "give the bucket versioning: true, or take this out",
          },
        ];
      return [];
    }),
  );
}
