import * as pulumi from "@pulumi/pulumi";
import type { CsiNfsSharePlan } from "../../stacks/filesPlan.ts";
import { DRIVERS } from "./drivers.ts";
import type { FileShare, FileShareArgs } from "./fileShare.ts";
import { shareClaim } from "./shareClaim.ts";
import { shareClass, type ClassContent } from "./shareClass.ts";

/** A folder that csi-driver-nfs makes on a filer. */
export class CsiNfsShare extends pulumi.ComponentResource implements FileShare {
  readonly claim: pulumi.Resource;

  constructor(
    name: string,
    { plan, platform }: FileShareArgs<CsiNfsSharePlan>,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("archipel:files:CsiNfsShare", name, {}, opts);
    const made = plan.made && shareClass(`${name}-class`, { plan, content: csiNfsClass(plan.made) }, { parent: this });
    const claim = { plan, platform, storageClass: plan.storageClass };
    this.claim = shareClaim(`${name}-claim`, claim, { parent: this, dependsOn: made ? [made] : [] });
    this.registerOutputs({});
  }
}

/** A folder named after its claim: a cluster that is built again finds it, where a random name would leave it behind. */
export const csiNfsClass = (made: NonNullable<CsiNfsSharePlan["made"]>): ClassContent => ({
  provisioner: DRIVERS["csi-nfs"],
  parameters: {
    server: made.server,
    share: made.export,
    subDir: "${pvc.metadata.namespace}/${pvc.metadata.name}",
    onDelete: "retain",
  },
  mountOptions: made.options,
});
