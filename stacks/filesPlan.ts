import type { Config } from "./config.ts";
import { clusterScopedName } from "./names.ts";
import type { AppConfig } from "./schema/apps.ts";
import type { ShareConfig } from "./schema/files.ts";

/** What every share has, wherever its files are. */
interface BaseSharePlan {
  /** Its name in config. */
  name: string;
  /** Name of its PersistentVolumeClaim, in the apps' namespace. */
  claim: string;
  /** Who may mount it, in Kubernetes' word. */
  accessMode: "ReadOnlyMany" | "ReadWriteMany" | "ReadWriteOncePod";
  /** Its size in Kubernetes' notation. */
  size: string;
}

/** A folder that a filer exports already. */
export interface NfsSharePlan extends BaseSharePlan {
  kind: "nfs";
  /** Name of its PersistentVolume. */
  volume: string;
  /** Host name or address of the filer. */
  server: string;
  /** The exported folder. */
  export: string;
  /** Mount options. */
  options: string[];
}

/** A folder that csi-driver-nfs makes. */
export interface CsiNfsSharePlan extends BaseSharePlan {
  kind: "csi-nfs";
  /** Name of its StorageClass. */
  storageClass: string;
  /** What the platform makes the StorageClass of; undefined: the site has it. */
  made?: { server: string; export: string; options: string[] };
}

/** An NFS share that OpenStack's Manila makes. */
export interface ManilaSharePlan extends BaseSharePlan {
  kind: "manila";
  /** Name of its StorageClass. */
  storageClass: string;
  /** What the platform makes the StorageClass of; undefined: the site has it. */
  made?: { shareType: string; credentials: { secret: string; namespace: string }; options: string[] };
}

/** A volume of CephFS. */
export interface CephfsSharePlan extends BaseSharePlan {
  kind: "cephfs";
  /** Name of its StorageClass, which the site has. */
  storageClass: string;
}

/** A share of files. */
export type SharePlan = NfsSharePlan | CsiNfsSharePlan | ManilaSharePlan | CephfsSharePlan;

/** A share in an app's file system. */
export interface MountPlan {
  /** Name of the share. */
  share: string;
  /** Name of the share's claim. */
  claim: string;
  /** Folder in the container. */
  path: string;
  /** Folder in the share; undefined: all of it. */
  subPath?: string;
  /** Whether the app only reads. */
  readOnly: boolean;
  /** Whether only one pod may have it at a time. */
  alone: boolean;
}

const ACCESS_MODES = {
  "read-only": "ReadOnlyMany",
  "one-writer": "ReadWriteOncePod",
  "many-writers": "ReadWriteMany",
} as const;

/** Name of the objects of a share. */
const objectName = (share: string): string => `files-${share}`;

/** Name of the StorageClass that the platform makes for a share. */
export const madeClassName = (stack: string, site: string, share: string): string =>
  clusterScopedName(stack, site, objectName(share));

/** Decides what the shares of a site are made of. */
export function planFiles({ files }: Config, { stack, site }: { stack: string; site: string }): SharePlan[] {
  return files.map((share) => {
    const { name, size } = share;
    const base = { name, size, claim: objectName(name), accessMode: ACCESS_MODES[share.mode] };
    return planShare(share, base, clusterScopedName(stack, site, objectName(name)));
  });
}

function planShare(share: ShareConfig, base: BaseSharePlan, clusterName: string): SharePlan {
  switch (share.kind) {
    case "nfs":
      return {
        ...base,
        kind: "nfs",
        volume: clusterName,
        server: share.server,
        export: share.export,
        options: share.options,
      };
    case "csi-nfs": {
      const { server, export: folder, options } = share;
      if (share.storageClass) return { ...base, kind: "csi-nfs", storageClass: share.storageClass };
      return {
        ...base,
        kind: "csi-nfs",
        storageClass: clusterName,
        made: { server: server!, export: folder!, options },
      };
    }
    case "manila": {
      const { shareType, credentials, options } = share;
      if (share.storageClass) return { ...base, kind: "manila", storageClass: share.storageClass };
      const made = { shareType: shareType!, credentials: credentials!, options };
      return { ...base, kind: "manila", storageClass: clusterName, made };
    }
    case "cephfs":
      return { ...base, kind: "cephfs", storageClass: share.storageClass };
  }
}

/** Where an app has which shares. */
export function planMounts({ mounts }: AppConfig, shares: SharePlan[]): MountPlan[] {
  return mounts.map(({ share, path, subPath, readOnly }) => {
    const { claim, accessMode } = shares.find(({ name }) => name === share)!;
    return {
      share,
      claim,
      path,
      ...(subPath !== undefined && { subPath }),
      readOnly: readOnly ?? accessMode === "ReadOnlyMany",
      alone: accessMode === "ReadWriteOncePod",
    };
  });
}
