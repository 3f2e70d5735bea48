import { PROJECT, type Config } from "../config.ts";
import { databaseFolder, isWithin } from "../databaseFolders.ts";
import { excerpt, type Mistake } from "../mistakes.ts";
import { isWithoutLocks } from "../nfsOptions.ts";
import type { AppConfig } from "../schema/apps.ts";
import type { ShareConfig } from "../schema/files.ts";
import { repeated, unknownName, type CheckContext } from "./common.ts";

/** Folders of the container that the platform fills itself, or the container's engine. */
const TAKEN_FOLDERS = ["/tmp", "/run/archipel", "/proc", "/sys", "/dev"];

/** Apps mount shares that exist, where there is room, and no more than one pod has what is for one. */
export function checkMounts({ apps = [], files = [] }: Partial<Config>, { wrong }: CheckContext): Mistake[] {
  if (wrong.includes("files")) return [];
  return apps.flatMap((app, index) => [
    ...repeated(
      app.mounts.map(({ path }) => path),
      (at) => `apps[${index}].mounts[${at}].path`,
    ),
    ...app.mounts.flatMap((mount, at) => {
      const path = `apps[${index}].mounts[${at}]`;
      const share = files.find(({ name }) => name === mount.share);
      return [
        ...unknownName(
          `${path}.share`,
          mount.share,
          files.map(({ name }) => name),
          "a share of archipel:files",
        ),
        ...checkFolder(mount, path),
        ...(share ? [...checkReadOnly(mount, share, path), ...checkLocks(mount, share, path)] : []),
      ];
    }),
    ...checkAlone(app, index, apps, files),
  ]);
}

type Mount = AppConfig["mounts"][number];

function checkFolder({ path: folder }: Mount, path: string): Mistake[] {
  const taken = TAKEN_FOLDERS.find((one) => isWithin(folder, one) || isWithin(one, folder));
  if (!taken) return [];
  return [
    {
      path: `${PROJECT}:${path}.path`,
      found: excerpt(folder),
      allowed: `another folder: ${taken} is the platform's`,
    },
  ];
}

function checkReadOnly({ readOnly }: Mount, { name, mode }: ShareConfig, path: string): Mistake[] {
  if (mode !== "read-only" || readOnly !== false) return [];
  return [
    {
      path: `${PROJECT}:${path}.readOnly`,
      found: "false",
      allowed: `true, or nothing: the share ${name} is read-only`,
      hint: `leave it out, or give ${name} another mode`,
    },
  ];
}

/** A database trusts the locks of its files. What a StorageClass of the site says of them is compared with the cluster. */
function checkLocks({ path: folder, readOnly }: Mount, share: ShareConfig, path: string): Mistake[] {
  const locks = share.kind === "cephfs" || !isWithoutLocks(share.options);
  const database = databaseFolder(folder);
  if (locks || !database || readOnly === true || share.mode === "read-only") return [];
  return [
    {
      path: `${PROJECT}:${path}.path`,
      found: excerpt(folder),
      allowed: `no folder of a database: ${share.name} is mounted without locks, and two servers on one ${database} destroy it`,
      hint: "archipel:database, or a share without nolock and local_lock",
    },
  ];
}

/** A share for one writer: one app, one pod. Every update ends the old pod before the new one starts. */
function checkAlone(app: AppConfig, index: number, apps: AppConfig[], files: ShareConfig[]): Mistake[] {
  const mine = (one: AppConfig): string[] =>
    one.mounts
      .map(({ share }) => share)
      .filter((name) => files.some((share) => share.name === name && share.mode === "one-writer"));
  const alone = [...new Set(mine(app))];
  const earlier = apps.slice(0, index);
  return [
    ...(alone.length > 0 && app.replicas > 1
      ? [
          {
            path: `${PROJECT}:apps[${index}].replicas`,
            found: String(app.replicas),
            allowed: `1: ${alone.join(", ")} is for one writer`,
            hint: "replicas: 1, or mode: many-writers where the app can share its files",
          },
        ]
      : []),
    ...alone.flatMap((name) => {
      const other = earlier.find((one) => mine(one).includes(name));
      if (!other) return [];
      const at = app.mounts.findIndex(({ share }) => share === name);
      return [
        {
          path: `${PROJECT}:apps[${index}].mounts[${at}].share`,
          found: excerpt(name),
          allowed: `a share that no other app mounts: ${name} is for one writer, and ${other.name} has it`,
          hint: "mode: many-writers where they can share its files",
        },
      ];
    }),
  ];
}
