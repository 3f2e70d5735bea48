import { BUCKET_OWNER, CEPH_COPIES, cephNamespace } from "../cephPlan.ts";
import { refuseCephImage } from "../cephReleases.ts";
import { PROJECT, type Config } from "../config.ts";
import { excerpt, type Mistake } from "../mistakes.ts";
import type { CephConfig } from "../schema/cephObjects.ts";
import type { SiteConfig } from "../schema/sites.ts";
import { placesOfUser, type CheckContext } from "./common.ts";

const PATH = `${PROJECT}:objects`;

/** Longest name of a namespace with which the names of its drivers of volumes fit into Kubernetes' 63 characters. */
const LONGEST_NAMESPACE = 42;

/** Ceph has nodes enough for its copies, devices that config names, and a release that works. */
export function checkCeph({ objects, sites = [], apps = [] }: Partial<Config>, { stack }: CheckContext): Mistake[] {
  if (objects?.kind !== "ceph") return [];
  const image = refuseCephImage(objects.image);
  return [
    ...sites.flatMap((site, index) => checkSite(objects, site, { index, stack })),
    ...(image ? [{ path: `${PATH}.image`, found: excerpt(objects.image), allowed: image }] : []),
    ...checkCharts(objects),
    ...checkDevices(objects.devices),
    ...reservedOwner(objects, apps),
  ];
}

function checkSite(
  { operator, gateways, devices }: CephConfig,
  site: SiteConfig,
  { index, stack }: { index: number; stack: string },
): Mistake[] {
  const path = `${PROJECT}:sites[${index}]`;
  const { nodes } = site.capabilities;
  const namespace = cephNamespace(stack, site.name);
  const mistakes: Mistake[] = [];
  if (nodes < CEPH_COPIES) {
    mistakes.push({
      path: `${path}.capabilities.nodes`,
      found: String(nodes),
      allowed: `at least ${CEPH_COPIES} for Ceph: each of its ${CEPH_COPIES} copies and monitors stands on a node of its own`,
      hint: "archipel:objects of kind minio works with fewer",
    });
  } else if (gateways > nodes || (devices.nodes?.length ?? 0) > nodes) {
    const key = gateways > nodes ? "gateways" : "devices.nodes";
    mistakes.push({
      path: `${PATH}.${key}`,
      found: excerpt(gateways > nodes ? gateways : devices.nodes),
      allowed: `at most one for each of the ${nodes} nodes of site ${site.name}`,
    });
  }
  if (operator.kind === "chart" && site.sandbox) {
    mistakes.push({
      path: `${PATH}.operator.kind`,
      found: excerpt("chart"),
      allowed: "existing: a sandbox is applied object by object, and a chart is none",
      hint: "install Rook yourself and set kind: existing, or use archipel:objects of kind minio",
    });
  }
  if (operator.kind === "chart" && namespace.length > LONGEST_NAMESPACE) {
    mistakes.push({
      path: `${path}.name`,
      found: excerpt(site.name),
      allowed: `a shorter name: Ceph's namespace ${namespace} would have more than ${LONGEST_NAMESPACE} characters`,
      hint: `the stack's name (${stack}) counts too`,
    });
  }
  return mistakes;
}

/** First release of Rook's that leaves the drivers of volumes to a chart of their own, and takes keys of users. */
const FIRST_ROOK = [1, 20];

function checkCharts({ operator }: CephConfig): Mistake[] {
  if (operator.kind !== "chart") return [];
  const [major = 0, minor = 0] = operator.version.replace("v", "").split(".").map(Number);
  if (major === FIRST_ROOK[0] && minor >= FIRST_ROOK[1]!) return [];
  return [
    {
      path: `${PATH}.operator.version`,
      found: excerpt(operator.version),
      allowed: `v${FIRST_ROOK.join(".")}.0 or a later one of v${FIRST_ROOK[0]}`,
    },
  ];
}

const SELECTORS = ["deviceFilter", "devicePathFilter", "useAllDevices"] as const;

/** What a pattern matches is wiped: Ceph gets no device that config does not name. */
function checkDevices(devices: CephConfig["devices"]): Mistake[] {
  const chosen = SELECTORS.filter((key) => devices[key] !== undefined);
  if (chosen.length === 1) return [];
  return [
    {
      path: `${PATH}.devices`,
      found: chosen.length > 0 ? chosen.join(", ") : "no selector",
      allowed: `exactly one of ${SELECTORS.join(", ")}: what it selects is Ceph's`,
    },
  ];
}

/** Whoever has the owner's key has all buckets. */
function reservedOwner({ users }: CephConfig, apps: Config["apps"]): Mistake[] {
  return placesOfUser(BUCKET_OWNER, { users, apps }).map((path) => ({
    path: `${PROJECT}:${path}`,
    found: excerpt(BUCKET_OWNER),
    allowed: "another name: this one is the owner's of all buckets",
  }));
}
