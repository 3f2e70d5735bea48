import type * as pulumi from "@pulumi/pulumi";
import type { CertificatePlan } from "../../stacks/plan.ts";
import type { Capabilities } from "../../stacks/schema/sites.ts";
import type { Platform } from "../platform.ts";
import { CertManagerCertificates } from "./certManager.ts";
import { InternalCertificates } from "./internal.ts";

/** How certificates are made, as config says. */
export type CertificatesConfig = Capabilities["certificates"];

/** Arguments of createCertificates. */
export interface CertificatesArgs<Kind extends CertificatesConfig["kind"] = CertificatesConfig["kind"]> {
  /** Kind and its settings. */
  config: Extract<CertificatesConfig, { kind: Kind }>;
  /** Every certificate of the site. Each becomes a Secret of type kubernetes.io/tls with tls.crt, tls.key and ca.crt. */
  certificates: CertificatePlan[];
  /** Where they are needed. */
  platform: Platform;
}

/** One class for each kind; a new kind is a file and a line here. */
const kinds = {
  internal: InternalCertificates,
  "cert-manager": CertManagerCertificates,
} satisfies {
  [Kind in CertificatesConfig["kind"]]: new (
    name: string,
    args: CertificatesArgs<Kind>,
    opts?: pulumi.ComponentResourceOptions,
  ) => pulumi.ComponentResource;
};

/**
 * Makes the certificates of a site, in the kind that the site has. The Secrets exist sooner or later: pods that mount
 * them wait, and every server takes over a renewed one without a restart.
 */
export function createCertificates(
  name: string,
  args: CertificatesArgs,
  opts?: pulumi.ComponentResourceOptions,
): pulumi.ComponentResource {
  const { config, ...rest } = args;
  switch (config.kind) {
    case "internal":
      return new kinds.internal(name, { config, ...rest }, opts);
    case "cert-manager":
      return new kinds["cert-manager"](name, { config, ...rest }, opts);
  }
}
