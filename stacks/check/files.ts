import { toBytes } from "../bytes.ts";
import { PROJECT, type Config } from "../config.ts";
import { madeClassName } from "../filesPlan.ts";
import { excerpt, type Mistake } from "../mistakes.ts";
import { isSoft, refuseNfsOption } from "../nfsOptions.ts";
import type { ShareConfig } from "../schema/files.ts";
import { repeated, type CheckContext } from "./common.ts";

/** Shares have names of their own, options that NFS knows, one place to be made in, and room. */
export function checkFiles({ files = [], sites = [] }: Partial<Config>, { stack }: CheckContext): Mistake[] {
  return [
    ...repeated(
      files.map((share) => share.name),
      (index) => `files[${index}].name`,
    ),
    ...files.flatMap((share, index) => {
      const path = `files[${index}]`;
      return [...checkOptions(share, path), ...checkSource(share, path), ...checkOneWriter(share, path, files, sites)];
    }),
    ...checkQuotas(files, sites),
    ...checkBlockClasses(files, sites, stack),
  ];
}

function checkOptions(share: ShareConfig, path: string): Mistake[] {
  if (!("options" in share)) return [];
  const { options, mode } = share;
  const refused = options.flatMap((option, at) => {
    const refusal = refuseNfsOption(option);
    return refusal ? [{ path: `${PROJECT}:${path}.options[${at}]`, found: excerpt(option), ...refusal }] : [];
  });
  const softly = isSoft(options) && mode !== "read-only";
  return [
    ...refused,
    ...repeated(
      options.map((option) => option.split("=")[0]!),
      (at) => `${path}.options[${at}]`,
    ),
    ...(softly
      ? [
          {
            path: `${PROJECT}:${path}.options`,
            found: excerpt(options),
            allowed: "options without soft where somebody writes: a slow filer would lose what was written",
            hint: "leave it out, or set mode: read-only",
          },
        ]
      : []),
  ];
}

/** What a StorageClass is made of by the platform: all of it, or none where the site has the class. */
function checkSource(share: ShareConfig, path: string): Mistake[] {
  if (share.kind !== "csi-nfs" && share.kind !== "manila") return [];
  const { storageClass, options } = share;
  const parts: Record<string, unknown> =
    share.kind === "csi-nfs"
      ? { server: share.server, export: share.export }
      : { shareType: share.shareType, credentials: share.credentials };
  const names = Object.keys(parts).join(" and ");
  if (storageClass === undefined) {
    return Object.entries(parts)
      .filter(([, value]) => value === undefined)
      .map(([name]) => ({
        path: `${PROJECT}:${path}.${name}`,
        allowed: `${names}, for a StorageClass that the platform makes, or storageClass alone`,
        hint: "add it, or name a StorageClass of the site",
      }));
  }
  return Object.entries({ ...parts, options: options.length > 0 ? options : undefined })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ({
      path: `${PROJECT}:${path}.${name}`,
      found: excerpt(value),
      allowed: `nothing beside storageClass: the site's StorageClass ${storageClass} decides it`,
      hint: "take one of the two out",
    }));
}

/** One writer means one in all: not one at each site, nor one for each name of a folder. */
function checkOneWriter(share: ShareConfig, path: string, files: ShareConfig[], sites: Config["sites"]): Mistake[] {
  if (share.kind !== "nfs" || share.mode !== "one-writer") return [];
  const sameFolder = files.find(
    (other) =>
      other !== share && other.kind === "nfs" && other.server === share.server && other.export === share.export,
  );
  return [
    ...(sites.length > 1
      ? [
          {
            path: `${PROJECT}:${path}.mode`,
            found: excerpt(share.mode),
            allowed: `read-only or many-writers: each of the ${sites.length} sites would have a writer of its own`,
          },
        ]
      : []),
    ...(sameFolder
      ? [
          {
            path: `${PROJECT}:${path}.export`,
            found: excerpt(share.export),
            allowed: `a folder that no other share has: ${sameFolder.name} would get past the one writer`,
            hint: "mount the same share in both places, or give each a folder of its own",
          },
        ]
      : []),
  ];
}

function checkQuotas(files: ShareConfig[], sites: Config["sites"]): Mistake[] {
  const all = files.reduce((sum, { size }) => sum + toBytes(size), 0);
  return sites.flatMap(({ quotas }, index) => {
    const most = quotas.apps?.storage;
    if (most === undefined || all <= toBytes(most)) return [];
    return [
      {
        path: `${PROJECT}:sites[${index}].quotas.apps.storage`,
        found: excerpt(most),
        allowed: `at least ${Math.ceil(all / 2 ** 30)}Gi: so much do the shares of archipel:files claim in the apps' namespace`,
        hint: "raise it, or lower the shares' sizes",
      },
    ];
  });
}

/** Databases, etcd and object drives stand on the block StorageClass: never on a share's. */
function checkBlockClasses(files: ShareConfig[], sites: Config["sites"], stack: string): Mistake[] {
  return sites.flatMap(({ name, capabilities }, index) => {
    const { block } = capabilities.storageClasses;
    const share = files.find(
      (one) => block === (("storageClass" in one && one.storageClass) || madeClassName(stack, name, one.name)),
    );
    if (!share) return [];
    return [
      {
        path: `${PROJECT}:sites[${index}].capabilities.storageClasses.block`,
        found: excerpt(block),
        allowed: `another StorageClass than that of the share ${share.name}: databases stand on it, and files over the network lose what a database was told is written`,
        hint: "name a StorageClass of block volumes",
      },
    ];
  });
}
