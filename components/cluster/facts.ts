import {
  ApiException,
  ApiextensionsV1Api,
  AppsV1Api,
  BatchV1Api,
  CoreV1Api,
  KubeConfig,
  StorageV1Api,
  type V1PersistentVolumeClaim,
  type V1StatefulSet,
  VersionApi,
} from "@kubernetes/client-node";
import type { ClusterPlan } from "../../stacks/plan.ts";
import { toBytes } from "../../stacks/bytes.ts";
import { DATABASE_NAME, memberNames } from "../../stacks/names.ts";
import { versionOfFolder } from "../database/layout.ts";
import { upgradeOrder } from "../database/upgrade.ts";
import { liveGenerations } from "../generations.ts";
import { expandHome } from "./expandHome.ts";
import { OWNER_CONFIG_MAP } from "./owner.ts";
import type { ClaimFacts, ClusterFacts } from "./preflight.ts";

/** Arguments of readFacts. */
export interface FactsArgs {
  /** How to reach the cluster. */
  plan: ClusterPlan;
  /** Text of the kubeconfig where config holds it. */
  kubeconfig?: string;
  /** The site's system namespace. */
  systemNamespace: string;
  /** The site's namespace of data. */
  dataNamespace: string;
  /** The site's namespace of apps. */
  appsNamespace: string;
}

/**
 * Asks a cluster what it has; changes nothing.
 *
 * @throws Error when the cluster cannot be reached or the credentials do not work.
 */
export async function readFacts({
  plan,
  kubeconfig,
  systemNamespace,
  dataNamespace,
  appsNamespace,
}: FactsArgs): Promise<ClusterFacts> {
  const config = loadKubeconfig(plan, kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  const storage = config.makeApiClient(StorageV1Api);
  const definitions = config.makeApiClient(ApiextensionsV1Api);
  const apps = config.makeApiClient(AppsV1Api);
  const jobs = config.makeApiClient(BatchV1Api);
  const member = { namespace: dataNamespace, name: memberNames(DATABASE_NAME, 1)[0]! };
  const order = { namespace: dataNamespace, name: upgradeOrder({ name: DATABASE_NAME }) };
  const claimsOf = (namespace: string) => core.listNamespacedPersistentVolumeClaim({ namespace });
  const [
    version,
    nodes,
    namespaces,
    classes,
    drivers,
    volumes,
    dataClaims,
    appClaims,
    certManager,
    rook,
    owner,
    postgres,
    upgrade,
    dataJobs,
  ] = await Promise.all([
    config.makeApiClient(VersionApi).getCode(),
    core.listNode(),
    core.listNamespace(),
    storage.listStorageClass(),
    storage.listCSIDriver(),
    core.listPersistentVolume(),
    claimsOf(dataNamespace),
    claimsOf(appsNamespace),
    found(definitions.readCustomResourceDefinition({ name: "certificates.cert-manager.io" })),
    found(definitions.readCustomResourceDefinition({ name: "cephclusters.ceph.rook.io" })),
    found(core.readNamespacedConfigMap({ name: OWNER_CONFIG_MAP, namespace: systemNamespace })),
    found(apps.readNamespacedStatefulSet(member)),
    found(core.readNamespacedConfigMap(order)),
    jobs.listNamespacedJob({ namespace: dataNamespace }),
  ]);
  return {
    // Some providers add a sign to the minor version, such as 34+.
    kubernetes: { major: parseInt(version.major), minor: parseInt(version.minor) },
    nodes: nodes.items
      .filter(
        ({ spec, status }) =>
          !spec?.unschedulable && status?.conditions?.some((one) => one.type === "Ready" && one.status === "True"),
      )
      .map(({ metadata }) => ({ name: metadata!.name!, zone: metadata?.labels?.["topology.kubernetes.io/zone"] })),
    storageClasses: classes.items.map((one) => ({
      name: one.metadata!.name!,
      provisioner: one.provisioner,
      parameters: one.parameters ?? {},
      mountOptions: one.mountOptions ?? [],
      expandable: one.allowVolumeExpansion ?? false,
    })),
    volumes: volumes.items.map(({ metadata, spec }) => ({
      name: metadata!.name!,
      storageClass: spec?.storageClassName ?? "",
      mountOptions: spec?.mountOptions ?? [],
      ...(spec?.nfs && { nfs: { server: spec.nfs.server, path: spec.nfs.path } }),
    })),
    csiDrivers: drivers.items.map((one) => one.metadata!.name!),
    claims: [...dataClaims.items, ...appClaims.items].map(claimFacts),
    namespaces: namespaces.items.map(({ metadata }) => ({
      name: metadata!.name!,
      ours: metadata?.labels?.["app.kubernetes.io/part-of"] === "archipel",
    })),
    certManager: certManager !== undefined,
    rook: rook !== undefined,
    owner: owner?.data?.["owner"],
    postgres: postgres && postgresVersion(postgres),
    upgrading: upgrade !== undefined,
    generations: liveGenerations(dataJobs.items),
  };
}

/** Each version of PostgreSQL has a data directory of its own, whose path the member's pod is told. */
function postgresVersion({ spec }: V1StatefulSet): number | undefined {
  const env = spec?.template.spec?.containers.flatMap((one) => one.env ?? []);
  return versionOfFolder(env?.find(({ name }) => name === "PGDATA")?.value ?? "");
}

function claimFacts({ metadata, spec }: V1PersistentVolumeClaim): ClaimFacts {
  const size = spec!.resources!.requests!["storage"]!;
  return {
    namespace: metadata!.namespace!,
    name: metadata!.name!,
    size,
    bytes: toBytes(size),
    storageClass: spec?.storageClassName ?? "",
    accessModes: spec?.accessModes ?? [],
  };
}

function loadKubeconfig({ kubeconfig: source, context }: ClusterPlan, text: string | undefined): KubeConfig {
  const config = new KubeConfig();
  if (text !== undefined) config.loadFromString(text);
  else if (source && "path" in source) config.loadFromFile(expandHome(source.path));
  else config.loadFromDefault();
  if (context === undefined) return config;
  const known = config.getContexts().map((one) => one.name);
  if (!known.includes(context)) {
    throw new Error(`the kubeconfig has no context ${context}; it has ${known.join(", ") || "none"}`);
  }
  config.setCurrentContext(context);
  return config;
}

/** What a read gives, or undefined where the cluster says that there is no such thing. */
async function found<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof ApiException && error.code === 404) return undefined;
    throw error;
  }
}
