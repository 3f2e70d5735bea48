import type { Mistake } from "../../stacks/mistakes.ts";
import { nearest } from "../../stacks/nearest.ts";
import { cephOf } from "../../stacks/objectsPlan.ts";
import type { SitePlan } from "../../stacks/plan.ts";
import { checkGenerations, type LiveGeneration } from "../generations.ts";
import { checkBlockStorage } from "./blockStorage.ts";
import { checkCephFacts } from "./cephFacts.ts";
import { checkKubernetesVersion } from "./kubernetesVersion.ts";
import { checkPostgresVersion } from "./postgresVersion.ts";
import { checkShares } from "./shares.ts";
import { checkStoreDrives } from "./storeDrives.ts";
import { checkVolumes } from "./volumes.ts";

/** What a StorageClass of a cluster is. */
export interface StorageClassFacts {
  /** Its name. */
  name: string;
  /** What makes its volumes. */
  provisioner: string;
  /** What it hands to the provisioner. */
  parameters: Record<string, string>;
  /** Mount options of its volumes. */
  mountOptions: string[];
  /** Whether its volumes can grow. */
  expandable: boolean;
}

/** What a PersistentVolumeClaim of a cluster is. */
export interface ClaimFacts {
  /** Its namespace. */
  namespace: string;
  /** Its name. */
  name: string;
  /** What it asks for, in Kubernetes' notation. */
  size: string;
  /** The same in bytes. */
  bytes: number;
  /** Its StorageClass; "" where it has none. */
  storageClass: string;
  /** Who may mount it. */
  accessModes: string[];
}

/** What a cluster really has; read by readFacts. */
export interface ClusterFacts {
  /** Version of Kubernetes. */
  kubernetes: { major: number; minor: number };
  /** Nodes that are ready and take pods, with the value of their zone label. */
  nodes: { name: string; zone?: string }[];
  /** The StorageClasses. */
  storageClasses: StorageClassFacts[];
  /** The PersistentVolumes; `nfs` where a volume is a folder of a filer. */
  volumes: { name: string; storageClass: string; mountOptions: string[]; nfs?: { server: string; path: string } }[];
  /** Names of the CSI drivers. */
  csiDrivers: string[];
  /** Claims in the namespaces of data and apps. */
  claims: ClaimFacts[];
  /** Namespaces, and whether the platform made them. */
  namespaces: { name: string; ours: boolean }[];
  /** Whether cert-manager's Certificate objects are known. */
  certManager: boolean;
  /** Whether Rook's objects are known. */
  rook: boolean;
  /** Who applies the site, by its owner record; undefined: nobody yet. */
  owner?: string;
  /** The major version of PostgreSQL for which a member's pod is made; undefined: there is no member. */
  postgres?: number;
  /** Whether an upgrade of PostgreSQL to another major version is under way. */
  upgrading: boolean;
  /** Generations of passwords that were made, by whose they are; see liveGenerations. */
  generations: Record<string, LiveGeneration>;
}

/**
 * Compares what config says of a site with what its cluster has.
 *
 * @param path path of the site in the YAML, such as `archipel:sites[0]`.
 * @param owner the way in which it is about to be applied, as the owner record would name it.
 * @returns every difference that would make applying fail or put it into the wrong place.
 */
export function preflight(plan: SitePlan, facts: ClusterFacts, path: string, owner: string): Mistake[] {
  return [
    ...checkKubernetesVersion(facts, path),
    ...checkOwner(facts, path, owner),
    ...checkNodes(plan, facts, path),
    ...checkBlockStorage(plan, facts, path),
    ...checkVolumes(plan, facts),
    ...checkStoreDrives(plan, facts),
    ...checkPostgresVersion(plan, facts),
    ...checkGenerations(plan, facts.generations),
    ...checkShares(plan, facts),
    ...checkNamespaces(plan, facts, path),
    ...checkCephFacts(plan, facts),
    ...(plan.capabilities.certificates.kind === "cert-manager" && !facts.certManager
      ? [
          {
            path: `${path}.capabilities.certificates.kind`,
            found: '"cert-manager"',
            allowed: "internal: the cluster does not know cert-manager's Certificates",
            hint: "install cert-manager, or set kind: internal",
          },
        ]
      : []),
  ];
}

function checkOwner({ owner: live }: ClusterFacts, path: string, owner: string): Mistake[] {
  if (live === undefined || live === owner) return [];
  return [
    {
      path,
      found: `a site that belongs to ${live}`,
      allowed: `a site that belongs to ${owner}, or to nobody yet: two ways of applying would undo each other's work`,
      hint: `go on with ${live}, or take the site down with it first`,
    },
  ];
}

function checkNodes({ capabilities }: SitePlan, { nodes }: ClusterFacts, path: string): Mistake[] {
  const zones = [...new Set(nodes.flatMap((node) => node.zone ?? []))];
  const missing = capabilities.zones.filter((zone) => !zones.includes(zone));
  return [
    ...(nodes.length < capabilities.nodes
      ? [
          {
            path: `${path}.capabilities.nodes`,
            found: String(capabilities.nodes),
            allowed: `at most ${nodes.length}: so many nodes are ready and take pods`,
            hint: "lower it, or bring the missing nodes back",
          },
        ]
      : []),
    ...missing.map((zone) => ({
      path: `${path}.capabilities.zones`,
      found: JSON.stringify(zone),
      allowed: zones.length > 0 ? `zones of the cluster's nodes: ${zones.join(", ")}` : "nothing: no node has a zone",
      hint: nearest(zone, zones),
    })),
  ];
}

/** An existing namespace is somebody else's unless the platform made it or config adopts it. */
function checkNamespaces({ namespaces, objects }: SitePlan, facts: ClusterFacts, path: string): Mistake[] {
  const storage = cephOf(objects)?.ownNamespace;
  const foreign = [...Object.values(namespaces), ...(storage ? [storage] : [])].filter(
    (one) => !one.adopt && facts.namespaces.some((live) => live.name === one.name && !live.ours),
  );
  return foreign.map(({ name }) => ({
    path: `${path}.adoptNamespaces`,
    found: `a namespace ${name} that the platform did not make`,
    allowed: "a namespace that does not exist yet, or is listed here",
    hint: `rename the stack or the site, or add ${name} to adoptNamespaces`,
  }));
}
