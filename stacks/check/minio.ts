import { PROJECT, type Config } from "../config.ts";
import { erasureSets, losableDrives, parityFor } from "../erasureSets.ts";
import { excerpt, type Mistake } from "../mistakes.ts";
import type { MinioConfig } from "../schema/minioObjects.ts";

const PATH = `${PROJECT}:objects`;

/** What MinIO cannot do, and what it should not be taken for. */
export function checkMinio(minio: MinioConfig, { sites = [] }: Pick<Partial<Config>, "sites">): Mistake[] {
  return [...unmaintained(minio, sites), ...growth(minio), ...survival(minio, sites), ...uploads(minio)];
}

/** A single server keeps its drives as they are: it cannot be told that there are others. */
const growth = ({ servers, pools }: MinioConfig): Mistake[] =>
  servers > 1 || pools.length === 0
    ? []
    : [
        {
          path: `${PATH}.pools`,
          found: `${pools.length} beside a single server`,
          allowed: "none: a store that began with one server does not grow by others",
          hint: "make drives larger, or copy the objects to a store of three servers: archipel:objects.copy",
        },
      ];

/**
 * The layout bears what config says that it must, in every erasure set of every pool. Parity covers the drives that a set has of
 * one of several servers, however MinIO divides them.
 */
function survival({ survives, servers, drivesPerServer, pools }: MinioConfig, sites: Config["sites"]): Mistake[] {
  if (!survives) return [];
  const refuse = (allowed: string, hint: string): Mistake[] => [
    { path: `${PATH}.survives`, found: excerpt(survives), allowed, hint },
  ];
  const parity = parityFor(servers, drivesPerServer);
  const sets = [servers, ...pools.map((pool) => pool.servers)].map((count) => erasureSets(count, drivesPerServer));
  if (survives === "drive")
    return sets.every((set) => losableDrives(set, parity) >= 1)
      ? []
      : refuse(
          `nothing: with ${drivesPerServer} drives in one server, writes end with the first that is lost`,
          "say drivesPerServer: 4, or servers: 3",
        );
  if (servers === 1)
    return refuse(
      drivesPerServer > 2 ? "drive, or nothing: there is one server" : "nothing: there is one server",
      "say servers: 3",
    );
  const most = Math.max(servers, ...pools.map((pool) => pool.servers));
  const tight = sites.find((site) => site.capabilities.nodes < most);
  return survives === "node" && tight
    ? refuse(
        `server or drive: site ${tight.name} has fewer nodes (${tight.capabilities.nodes}) than a pool has servers (${most}), so one node has several`,
        `add nodes, or say servers: 3`,
      )
    : [];
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
