import * as pulumi from "@pulumi/pulumi";
import type { CephfsSharePlan } from "../../stacks/filesPlan.ts";
import type { FileShare, FileShareArgs } from "./fileShare.ts";
import { shareClaim } from "./shareClaim.ts";

/** A volume of CephFS, by a StorageClass of the site: it names a Ceph cluster and its keys, which are not the platform's. */
export class CephfsShare extends pulumi.ComponentResource implements FileShare {
  readonly claim: pulumi.Resource;

  constructor(
    name: string,
    { plan, platform }: FileShareArgs<CephfsSharePlan>,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("archipel:files:CephfsShare", name, {}, opts);
    this.claim = shareClaim(`${name}-claim`, { plan, platform, storageClass: plan.storageClass }, { parent: this });
    this.registerOutputs({});
  }
}
