import { toBytes } from "../../stacks/bytes.ts";
import { PROJECT } from "../../stacks/config.ts";
import type { NfsSharePlan, SharePlan } from "../../stacks/filesPlan.ts";
import { databaseFolder } from "../../stacks/databaseFolders.ts";
import type { Mistake } from "../../stacks/mistakes.ts";
import { nearest } from "../../stacks/nearest.ts";
import { isWithoutLocks } from "../../stacks/nfsOptions.ts";
import { cephOf } from "../../stacks/objectsPlan.ts";
import type { AppPlan, SitePlan } from "../../stacks/plan.ts";
import { csiNfsClass } from "../files/csiNfs.ts";
import { DRIVERS, isDriver } from "../files/drivers.ts";
import { manilaClass } from "../files/manila.ts";
import type { ClassContent } from "../files/shareClass.ts";
import type { ClaimFacts, ClusterFacts, StorageClassFacts } from "./preflight.ts";

type DriverShare = Exclude<SharePlan, NfsSharePlan>;

/** Shares have the driver and the StorageClass that they need, and lead to where they did before. */
export function checkShares({ files, apps, namespaces, objects }: SitePlan, facts: ClusterFacts): Mistake[] {
  const ownClass = cephOf(objects)?.storageClasses.shared;
  return files.flatMap((share, index) => {
    const path = `${PROJECT}:files[${index}]`;
    return [
      ...(share.kind === "nfs" ? checkFolder(share, facts, path) : []),
      // The StorageClass and the driver of the platform's own Ceph may come with the same run.
      ...(share.kind === "nfs" || share.storageClass === ownClass ? [] : checkDriver(share, facts, path)),
      ...(share.kind === "nfs" ? [] : checkLocks(share, apps, facts, path)),
      ...checkClaim(share, facts, namespaces.apps.name, path),
    ];
  });
}

/** A volume cannot be pointed elsewhere: apps would go on with the former folder. */
function checkFolder(share: NfsSharePlan, { volumes }: ClusterFacts, path: string): Mistake[] {
  const live = volumes.find(({ name }) => name === share.volume);
  if (!live || (live.nfs?.server === share.server && live.nfs.path === share.export)) return [];
  return [
    {
      path: `${path}.export`,
      found: `${share.server}:${share.export}`,
      allowed: live.nfs
        ? `${live.nfs.server}:${live.nfs.path}, to which the share's volume ${live.name} leads: it cannot lead elsewhere`
        : `a share without a volume yet: ${live.name} exists and is no NFS volume`,
      hint: "another folder is another share: give it another name, and the apps' mounts with it",
    },
  ];
}

function checkDriver(share: DriverShare, facts: ClusterFacts, path: string): Mistake[] {
  const made = madeContent(share);
  const live = facts.storageClasses.find(({ name }) => name === share.storageClass);
  const driver = made ? made.provisioner : (live?.provisioner ?? DRIVERS[share.kind]);
  return [
    ...(made ? checkMadeClass(made, live, share, path) : checkExistingClass(live, share, facts, path)),
    ...(facts.csiDrivers.includes(driver) || (!made && live && !isDriver(share.kind, live.provisioner))
      ? []
      : [
          {
            path: `${path}.kind`,
            found: JSON.stringify(share.kind),
            allowed: `nfs, or a kind whose driver the cluster has: it does not know ${driver}`,
            hint: "install the driver on the site first; the platform does not",
          },
        ]),
  ];
}

function madeContent(share: DriverShare): ClassContent | undefined {
  if (share.kind === "csi-nfs") return share.made && csiNfsClass(share.made);
  if (share.kind === "manila") return share.made && manilaClass(share.made);
  return undefined;
}

const sorted = (record: Record<string, string>): string => JSON.stringify(Object.entries(record).toSorted());

function checkMadeClass(
  made: ClassContent,
  live: StorageClassFacts | undefined,
  share: DriverShare,
  path: string,
): Mistake[] {
  if (!live) return [];
  const same = live.provisioner === made.provisioner && sorted(live.parameters) === sorted(made.parameters);
  if (same) return [];
  return [
    {
      path,
      found: JSON.stringify(made.parameters),
      allowed: `${JSON.stringify(live.parameters)}, which its StorageClass ${share.storageClass} has: it cannot be changed`,
      hint: "another place is another share: give it another name, and the apps' mounts with it",
    },
  ];
}

function checkExistingClass(
  live: StorageClassFacts | undefined,
  { kind, storageClass }: DriverShare,
  { storageClasses }: ClusterFacts,
  path: string,
): Mistake[] {
  if (live && isDriver(kind, live.provisioner)) return [];
  const fitting = storageClasses.filter((one) => isDriver(kind, one.provisioner)).map(({ name }) => name);
  return [
    {
      path: `${path}.storageClass`,
      found: live ? `${JSON.stringify(storageClass)}, made by ${live.provisioner}` : JSON.stringify(storageClass),
      allowed:
        fitting.length > 0
          ? `a StorageClass of ${DRIVERS[kind]}: ${fitting.join(", ")}`
          : `a StorageClass of ${DRIVERS[kind]}; the cluster has none`,
      hint: nearest(storageClass, fitting),
    },
  ];
}

/**
 * A database trusts the locks of its files: its folder is on no volume that is mounted without. Config says so of its own options;
 * here count those of a StorageClass, and those that a volume has kept since it was made.
 */
function checkLocks(
  share: DriverShare,
  apps: AppPlan[],
  { storageClasses, volumes }: ClusterFacts,
  path: string,
): Mistake[] {
  const { name, storageClass } = share;
  // Others may have volumes of a class that the platform did not make.
  const own = madeContent(share) ? volumes.filter((one) => one.storageClass === storageClass) : [];
  const places = [
    ...storageClasses.filter((one) => one.name === storageClass).map((one) => ({ ...one, what: "StorageClass" })),
    ...own.map((one) => ({ ...one, what: "volume" })),
  ];
  const unlocked = places.find(({ mountOptions }) => isWithoutLocks(mountOptions));
  if (!unlocked) return [];
  return apps.flatMap((app) =>
    app.mounts
      .filter((mount) => mount.share === name && !mount.readOnly && databaseFolder(mount.path))
      .map((mount) => ({
        path,
        found: `the ${unlocked.what} ${unlocked.name} with ${unlocked.mountOptions.join(", ")}, in which ${app.name} has ${mount.path}`,
        allowed: "locks under the folder of a database: two servers on one would destroy it",
        hint: "archipel:database, or a StorageClass without nolock and local_lock",
      })),
  );
}

/** Of a claim only the size can be changed, and that of a folder that is there already says nothing. */
function checkClaim(share: SharePlan, facts: ClusterFacts, namespace: string, path: string): Mistake[] {
  const live = facts.claims.find((claim) => claim.namespace === namespace && claim.name === share.claim);
  if (!live) return [];
  const differs = (key: string, found: string, allowed: string): Mistake => ({
    path: `${path}.${key}`,
    found,
    allowed: `${allowed}, which its claim ${share.claim} has: it cannot be changed`,
    hint: "a share of another kind or mode is another share: give it another name, and the apps' mounts with it",
  });
  const wanted = share.kind === "nfs" ? "" : share.storageClass;
  return [
    ...(live.accessModes.includes(share.accessMode)
      ? []
      : [differs("mode", share.accessMode, live.accessModes.join(", "))]),
    ...(live.storageClass === wanted
      ? []
      : [
          differs(
            "kind",
            wanted ? `StorageClass ${wanted}` : "a folder that is there",
            live.storageClass ? `StorageClass ${live.storageClass}` : "a folder that is there",
          ),
        ]),
    ...checkSize(share, live, facts, path),
  ];
}

function checkSize(share: SharePlan, live: ClaimFacts, { storageClasses }: ClusterFacts, path: string): Mistake[] {
  if (live.bytes === toBytes(share.size)) return [];
  const grows =
    share.kind !== "nfs" && storageClasses.some(({ name, expandable }) => name === share.storageClass && expandable);
  if (grows && toBytes(share.size) > live.bytes) return [];
  return [
    {
      path: `${path}.size`,
      found: JSON.stringify(share.size),
      allowed: grows
        ? `at least ${live.size}, which ${share.claim} has: a claim never shrinks`
        : `${live.size}, which ${share.claim} has: the claim cannot be changed`,
      hint: share.kind === "nfs" ? "leave it: the filer alone decides how much fits" : undefined,
    },
  ];
}
