import { clusterScopedName, namespaceName, serviceHost } from "./names.ts";
import type { Place, StoreContent, StorePlan } from "./objectsPlan.ts";
import type { NamespacePlan } from "./plan.ts";
import type { CephConfig } from "./schema/cephObjects.ts";

/** Copies of everything, each in a failure domain of its own: one can be lost, and another while it is being replaced. */
export const CEPH_COPIES = 3;

/** User that owns every bucket; nobody else can make one. */
export const BUCKET_OWNER = "bucket-owner";

/** Name of the object store in Ceph, and so a part of its Service's name, which Rook makes. */
const STORE = "objects";

/** Ceph under Rook. */
export interface CephPlan extends Omit<CephConfig, "users" | "buckets" | "copy" | "next" | "reclaim">, StorePlan {
  /** Namespace of Rook's operator and of Ceph's daemons; it also names the drivers of volumes. */
  namespace: string;
  /** That namespace where the platform makes it; undefined: it is there with the operator. */
  ownNamespace?: NamespacePlan;
  /** Names of Ceph's own things. */
  names: { cluster: string; block: string; shared: string; store: string };
  /** Names of the StorageClasses: of volumes for one node at a time, and of shared ones. */
  storageClasses: { block: string; shared: string };
  /** What becomes of a volume whose claim is deleted. */
  reclaim: "Retain" | "Delete";
  /** Over what copies and daemons are spread. */
  failureDomain: "zone" | "host";
  /** Zones of the monitors, one each; empty: only the nodes differ. */
  monitorZones: string[];
  /** User that owns the buckets. */
  owner: string;
  /** What Ceph shows of every user beside its name: who made it. */
  mark: string;
  /** Secret with the gateways' certificate. */
  certificate: string;
  /** Secret with a client's certificate in the namespace of data; its ca.crt verifies the gateways. */
  caSecret: string;
  /** Service where clients connect; Rook makes it. */
  service: string;
}

/** Namespace of Ceph on a site, where the platform makes it. */
export const cephNamespace = (stack: string, site: string): string => namespaceName(stack, site, "ceph");

/** Decides what the Ceph of a site is made of. */
export function planCeph(
  { operator, reclaim, ...rest }: CephConfig,
  content: StoreContent,
  { stack, site }: Place,
): CephPlan {
  const own = operator.kind === "chart";
  const namespace = own ? cephNamespace(stack, site.name) : operator.namespace;
  const { zones } = site.capabilities;
  const service = `rook-ceph-rgw-${STORE}`;
  return {
    ...rest,
    ...content,
    operator,
    name: "ceph",
    namespace,
    ...(own && {
      ownNamespace: { name: namespace, adopt: site.adoptNamespaces.includes(namespace), quota: {} },
    }),
    names: { cluster: "ceph", block: "block", shared: "shared", store: STORE },
    storageClasses: {
      block: clusterScopedName(stack, site.name, "ceph-block"),
      shared: clusterScopedName(stack, site.name, "ceph-shared"),
    },
    reclaim: reclaim ?? (site.sandbox ? "Delete" : "Retain"),
    failureDomain: zones.length >= CEPH_COPIES ? "zone" : "host",
    monitorZones: zones.length >= CEPH_COPIES ? zones.slice(0, CEPH_COPIES) : [],
    owner: BUCKET_OWNER,
    mark: `${stack}-${site.name}`,
    certificate: "ceph-tls",
    caSecret: "ceph-client-tls",
    service,
    region: "us-east-1",
    trust: "site",
    host: serviceHost(service, namespace),
    port: 8443,
  };
}
