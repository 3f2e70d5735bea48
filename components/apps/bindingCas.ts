import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/kubernetes";
import type { AppPlan } from "../../stacks/plan.ts";

/** A service that an app can be bound to. */
type Service = "database" | "objects";

/** Folder in which an app finds the CAs that verify the servers it is bound to. */
const CA_FOLDER = "/run/archipel";

/** The site's own, which vouches for the platform's servers. */
const SITE_CA = "ca.crt";

const ownFile = (service: Service): string => `${service}-ca.crt`;

/** Name of the Secret that ownCaSecret makes. */
const ownCaSecretName = (plan: AppPlan, service: Service): string => `${plan.name}-${service}-ca`;

/** The bound services outside the platform that have a CA of their own. */
function withOwnCa({ bindings: { database, bucket } }: AppPlan): Service[] {
  return [
    ...(database?.external ? (["database"] as const) : []),
    ...(bucket?.trust === "own" ? (["objects"] as const) : []),
  ];
}

/** Path of the file with the CA that verifies a service. */
export const caFile = (plan: AppPlan, service: Service): string =>
  `${CA_FOLDER}/${withOwnCa(plan).includes(service) ? ownFile(service) : SITE_CA}`;

/** Arguments of ownCaSecrets. */
export interface OwnCasArgs {
  /** The app. */
  plan: AppPlan;
  /** Its namespace. */
  namespace: string;
  /** Labels of the Secrets. */
  labels: Record<string, string>;
  /** The CAs, PEM, by service. */
  cas: Partial<Record<Service, pulumi.Output<string>>>;
}

/** The CAs of services outside the platform, beside the app; nothing where all are the site's. */
export function ownCaSecrets(
  name: string,
  { plan, namespace, labels, cas }: OwnCasArgs,
  opts: pulumi.CustomResourceOptions,
): void {
  for (const service of withOwnCa(plan)) {
    const metadata = { name: ownCaSecretName(plan, service), namespace, labels };
    const stringData = { "ca.crt": cas[service]! };
    new k8s.core.v1.Secret(`${name}-${service}-ca`, { metadata, type: "Opaque", stringData }, opts);
  }
}

/** The volume with the CAs and where it is mounted. */
export function caVolume(plan: AppPlan): {
  volume: types.input.core.v1.Volume;
  mount: types.input.core.v1.VolumeMount;
} {
  const items = (path: string) => [{ key: "ca.crt", path }];
  const own = withOwnCa(plan);
  const site = { name: plan.certificate, items: items(SITE_CA) };
  const source =
    own.length > 0
      ? {
          projected: {
            sources: [
              { secret: site },
              ...own.map((one) => ({ secret: { name: ownCaSecretName(plan, one), items: items(ownFile(one)) } })),
            ],
          },
        }
      : { secret: { secretName: site.name, items: site.items } };
  return { volume: { name: "ca", ...source }, mount: { name: "ca", mountPath: CA_FOLDER, readOnly: true } };
}
