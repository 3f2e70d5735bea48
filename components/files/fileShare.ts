import type * as pulumi from "@pulumi/pulumi";
import type { SharePlan } from "../../stacks/filesPlan.ts";
import type { Platform } from "../platform.ts";
import { CephfsShare } from "./cephfs.ts";
import { CsiNfsShare } from "./csiNfs.ts";
import { ManilaShare } from "./manila.ts";
import { NfsShare } from "./nfs.ts";

/** Arguments of every kind of share. */
export interface FileShareArgs<Plan extends SharePlan = SharePlan> {
  /** What the share is made of. */
  plan: Plan;
  /** Where it stands: its claim is in the namespace of the apps. */
  platform: Platform;
}

/** Files that apps mount, wherever they are: a PersistentVolumeClaim. */
export interface FileShare extends pulumi.Resource {
  /** The claim, in the apps' namespace: there before what mounts it, and gone after it. */
  readonly claim: pulumi.Resource;
}

/** One class for each kind; a new kind is a file and a line here. */
const kinds = {
  nfs: NfsShare,
  "csi-nfs": CsiNfsShare,
  manila: ManilaShare,
  cephfs: CephfsShare,
} satisfies {
  [Kind in SharePlan["kind"]]: new (
    name: string,
    args: FileShareArgs<Extract<SharePlan, { kind: Kind }>>,
    opts?: pulumi.ComponentResourceOptions,
  ) => FileShare;
};

/** Makes a share of the plan's kind. */
export function fileShare(name: string, args: FileShareArgs, opts?: pulumi.ComponentResourceOptions): FileShare {
  type AnyKind = new (name: string, args: FileShareArgs, opts?: pulumi.ComponentResourceOptions) => FileShare;
  return new (kinds[args.plan.kind] as AnyKind)(name, args, opts);
}
