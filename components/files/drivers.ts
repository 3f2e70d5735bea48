import type { SharePlan } from "../../stacks/filesPlan.ts";

/** Name of the CSI driver of each kind that has one. */
export const DRIVERS: Record<Exclude<SharePlan["kind"], "nfs">, string> = {
  "csi-nfs": "nfs.csi.k8s.io",
  manila: "nfs.manila.csi.openstack.org",
  cephfs: "cephfs.csi.ceph.com",
};

/** Whether a provisioner is the driver of a kind; Rook puts its namespace before the name. */
export const isDriver = (kind: keyof typeof DRIVERS, provisioner: string): boolean =>
  provisioner === DRIVERS[kind] || provisioner.endsWith(`.${DRIVERS[kind]}`);
