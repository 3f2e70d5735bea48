import { nearest } from "../../stacks/nearest.ts";
import type { Mistake } from "../../stacks/mistakes.ts";
import { isWithoutLocks } from "../../stacks/nfsOptions.ts";
import { minioOf } from "../../stacks/objectsPlan.ts";
import type { SitePlan } from "../../stacks/plan.ts";
import type { ClusterFacts, StorageClassFacts } from "./preflight.ts";

/** The StorageClass of databases, etcd and object drives exists, and its volumes are no files over the network. */
export function checkBlockStorage(plan: SitePlan, facts: ClusterFacts, sitePath: string): Mistake[] {
  const { block } = plan.capabilities.storageClasses;
  const path = `${sitePath}.capabilities.storageClasses.block`;
  const names = facts.storageClasses.map(({ name }) => name);
  const live = facts.storageClasses.find(({ name }) => name === block);
  if (!live) {
    return [
      {
        path,
        found: JSON.stringify(block),
        allowed: names.length > 0 ? names.join(", ") : "a StorageClass; the cluster has none",
        hint: nearest(block, names),
      },
    ];
  }
  const users = usersOf(plan);
  // A class without a provisioner has volumes that somebody made by hand.
  const byHand = facts.volumes.filter((volume) => volume.storageClass === block && volume.nfs);
  if (users.length === 0 || (!isNfs(live) && byHand.length === 0)) return [];
  const options = [...live.mountOptions, ...byHand.flatMap((volume) => volume.mountOptions)];
  const why = isWithoutLocks(options)
    ? "NFS without locks: a server that was taken for dead could write into the files of its successor"
    : "NFS, which their makers do not support";
  return [
    {
      path,
      found: `${JSON.stringify(block)}, made by ${live.provisioner}${byHand[0] ? ` with the NFS volume ${byHand[0].name}` : ""}`,
      allowed: `a StorageClass of block volumes: ${users.join(", ")} stand on it, and this one is ${why}`,
      hint: "name another StorageClass; files of apps may stand on NFS: archipel:files",
    },
  ];
}

/** What of the site stands on the block StorageClass. */
const usersOf = ({ database, dcs, objects, monitoring }: SitePlan): string[] => [
  ...(database ? ["PostgreSQL"] : []),
  ...(dcs ? ["etcd"] : []),
  ...(minioOf(objects) ? ["the object store"] : []),
  ...(monitoring?.kind === "prometheus" ? ["Prometheus"] : []),
];

/** Drivers of NFS that do not say so in their name. */
const NFS_DRIVERS = ["efs.csi.aws.com", "filestore.csi.storage.gke.io", "fuseim.pri/ifs"];

/** Mount options that only NFS has. */
const NFS_OPTION = /^(nolock|local_lock=.*|(nfs)?vers=[34].*)$/;

function isNfs({ provisioner, parameters, mountOptions }: StorageClassFacts): boolean {
  return (
    NFS_DRIVERS.includes(provisioner) ||
    /(^|[./-])nfs([./-]|$)/i.test(provisioner) ||
    // Trident serves block and files with one driver.
    (parameters["backendType"] ?? "").startsWith("ontap-nas") ||
    mountOptions.some((option) => NFS_OPTION.test(option))
  );
}
