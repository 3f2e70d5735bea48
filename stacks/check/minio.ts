import { PROJECT, type Config } from "../config.ts";
import { excerpt, type Mistake } from "../mistakes.ts";
import type { MinioConfig } from "../schema/minioObjects.ts";

const PATH = `${PROJECT}:objects`;

/** What MinIO cannot do, and what it should not be taken for. */
export function checkMinio(minio: MinioConfig, { sites = [] }: Pick<Partial<Config>, "sites">): Mistake[] {
  return [...unmaintained(minio, sites), ...uploads(minio)];
}

/** Its sources are archived: whoever keeps data in it must know. */
function unmaintained({ acceptUnmaintained }: MinioConfig, sites: Config["sites"]): Mistake[] {
  if (acceptUnmaintained || sites.every((site) => site.sandbox)) return [];
  return [
    {
      path: `${PATH}.acceptUnmaintained`,
      found: "false",
      allowed:
        "true outside of sandboxes: MinIO's last source is of February 2026, its repository is archived, and no fixes will come, not of security holes either",
      hint: "take kind ceph or kind external, or say acceptUnmaintained: true and plan to move",
    },
  ];
}

/** Unfinished uploads go after one time in the whole store: MinIO knows no rule of a bucket about them. */
function uploads({ buckets }: MinioConfig): Mistake[] {
  const rules = buckets.flatMap(({ lifecycle }, index) =>
    lifecycle.flatMap(({ prefix, abortUploadDays }, at) =>
      abortUploadDays === undefined
        ? []
        : [{ path: `${PATH}.buckets[${index}].lifecycle[${at}]`, prefix, days: abortUploadDays }],
    ),
  );
  return rules.flatMap(({ path, prefix, days }): Mistake[] => [
    ...(prefix
      ? [
          {
            path: `${path}.prefix`,
            found: excerpt(prefix),
            allowed: "no prefix beside abortUploadDays: MinIO has one time for all unfinished uploads of the store",
            hint: "move abortUploadDays to a rule without a prefix",
          },
        ]
      : []),
    ...(days !== rules[0]!.days
      ? [
          {
            path: `${path}.abortUploadDays`,
            found: String(days),
            allowed: `${rules[0]!.days}, as in ${rules[0]!.path}: MinIO has one time for all unfinished uploads of the store`,
          },
        ]
      : []),
  ]);
}
