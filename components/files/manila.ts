import * as pulumi from "@pulumi/pulumi";
import type { ManilaSharePlan } from "../../stacks/filesPlan.ts";
import { DRIVERS } from "./drivers.ts";
import type { FileShare, FileShareArgs } from "./fileShare.ts";
import { shareClaim } from "./shareClaim.ts";
import { shareClass, type ClassContent } from "./shareClass.ts";

/** Calls for which Manila's driver logs in to OpenStack. */
const CALLS = ["provisioner", "controller-expand", "node-stage", "node-publish"];

/** An NFS share that OpenStack's Manila makes. */
export class ManilaShare extends pulumi.ComponentResource implements FileShare {
  readonly claim: pulumi.Resource;

  constructor(
    name: string,
    { plan, platform }: FileShareArgs<ManilaSharePlan>,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("archipel:files:ManilaShare", name, {}, opts);
    const made = plan.made && shareClass(`${name}-class`, { plan, content: manilaClass(plan.made) }, { parent: this });
    const claim = { plan, platform, storageClass: plan.storageClass };
    this.claim = shareClaim(`${name}-claim`, claim, { parent: this, dependsOn: made ? [made] : [] });
    this.registerOutputs({});
  }
}

/** Every call of the driver with the credentials of one Secret, which the site has with the driver. */
export const manilaClass = ({
  shareType,
  credentials,
  options,
}: NonNullable<ManilaSharePlan["made"]>): ClassContent => ({
  provisioner: DRIVERS.manila,
  parameters: {
    type: shareType,
    ...Object.fromEntries(
      CALLS.flatMap((call) => [
        [`csi.storage.k8s.io/${call}-secret-name`, credentials.secret],
        [`csi.storage.k8s.io/${call}-secret-namespace`, credentials.namespace],
      ]),
    ),
  },
  mountOptions: options,
});
