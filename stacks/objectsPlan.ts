import { backupUsers } from "./backupUsers.ts";
import { planCeph, type CephPlan } from "./cephPlan.ts";
import type { Config } from "./config.ts";
import { parseEndpoint } from "./endpoint.ts";
import { erasureSets, parityFor, type ErasureSets } from "./erasureSets.ts";
import { planExporter, type ExporterPlan } from "./exporterPlan.ts";
import { memberNames, serviceHost } from "./names.ts";
import {
  COPY_USER,
  planObjectsCopy,
  planObjectsNext,
  readBuckets,
  type ObjectsCopyPlan,
  type ObjectsPlacePlan,
} from "./objectsCopyPlan.ts";
import { spreadOver, type Spread } from "./spread.ts";
import type { SiteBackupConfig } from "./schema/backup.ts";
import type { ExternalObjectsConfig } from "./schema/externalObjects.ts";
import type { MinioConfig } from "./schema/minioObjects.ts";
import type { BucketConfig, UserConfig } from "./schema/objectsContent.ts";
import type { SiteConfig } from "./schema/sites.ts";

/** Whose CA vouches for a server: the site's own, which is on the site, or, elsewhere, one of config or a public one. */
export type Trust = "site" | "own" | "public";

/** What every object store has, whoever runs it. */
export interface StorePlan {
  /** Prefix of its objects: the kind. */
  name: string;
  /** Absolute host name where clients connect, S3 over TLS. */
  host: string;
  /** Its port. */
  port: number;
  /** Region that requests are signed for. */
  region: string;
  /** Whose CA vouches for its certificate. */
  trust: Trust;
  /** Secret with that CA (key ca.crt) beside the store; undefined: a public one. */
  caSecret?: string;
  /** Buckets of config and that of the site's backups. */
  buckets: BucketConfig[];
  /** Users of config, one for each app with a bucket, and the backups' own. */
  users: UserConfig[];
  /** The second copy of its objects; undefined: there is none. */
  copy?: ObjectsCopyPlan;
  /** The store to which the objects are to move; undefined: they stay. */
  next?: ObjectsPlacePlan;
  /** What looks at it from outside where it has no metrics of its own, and at its copy; undefined: there is neither. */
  exporter?: ExporterPlan;
}

/** A server of a MinIO. */
export interface MinioServer {
  /** Its name, and that of its Service. */
  name: string;
  /** Absolute host name. */
  host: string;
}

/** Servers that came at one time. */
export interface MinioPool {
  /** The servers. */
  servers: MinioServer[];
  /** Volume of each of their drives, in Kubernetes' notation. */
  driveSize: string;
  /** Whether they must stand on different nodes. */
  spread: Spread;
  /** How MinIO divides their drives. */
  sets: ErasureSets;
}

/** MinIO on the site's own volumes. */
export interface MinioPlan
  extends Omit<MinioConfig, "servers" | "pools" | "driveSize" | "users" | "buckets" | "copy" | "next">, StorePlan {
  /** The servers of all pools; all share one certificate, as MinIO's peers expect. */
  servers: MinioServer[];
  /** The pools, in the order in which they came: an object is in one of them, on all drives of one of its erasure sets. */
  pools: MinioPool[];
  /** Secret with their certificate. */
  certificate: string;
  /** Parity drives of every object: how many drives of a set can be lost. */
  parity: number;
  /** Service where clients connect. */
  service: string;
}

/** An S3 service that somebody else runs. */
export interface ExternalObjectsPlan
  extends Omit<ExternalObjectsConfig, "users" | "buckets" | "copy" | "next">, StorePlan {
  /** What marks the users that are made there, and begins their names: others may share the service. */
  owner: string;
}

/** The object store. */
export type ObjectsPlan = MinioPlan | CephPlan | ExternalObjectsPlan;

/** The store where it is a MinIO that the platform runs. */
export const minioOf = (objects: ObjectsPlan | undefined): MinioPlan | undefined =>
  objects?.kind === "minio" ? objects : undefined;

/** The store where it is a Ceph that the platform runs. */
export const cephOf = (objects: ObjectsPlan | undefined): CephPlan | undefined =>
  objects?.kind === "ceph" ? objects : undefined;

/** Where the store is. */
export interface Place {
  /** Name of the stack. */
  stack: string;
  /** The site. */
  site: SiteConfig;
  /** Namespace of what stands in the cluster. */
  namespace: string;
}

/** Decides what the object store of a site is made of. */
export function planObjects(config: Config, place: Place): ObjectsPlan | undefined {
  if (!config.objects) return undefined;
  const content = planStoreContent(config);
  const looked = config.objects.kind === "external" || content.copy;
  return planKind(
    config.objects,
    { ...content, ...(looked && { exporter: planExporter("objects", place.namespace) }) },
    place,
  );
}

function planKind(objects: NonNullable<Config["objects"]>, content: StoreContent, place: Place): ObjectsPlan {
  switch (objects.kind) {
    case "minio":
      return planMinio(objects, content, place);
    case "ceph":
      return planCeph(objects, content, place);
    case "external":
      return planExternal(objects, content, place);
  }
}

/** What stands in a store. */
export type StoreContent = Pick<StorePlan, "buckets" | "users" | "exporter"> & {
  copy: ObjectsCopyPlan | undefined;
  next: ObjectsPlacePlan | undefined;
};

/** What config, the apps and the backups ask of the store. */
export function planStoreContent({
  objects,
  apps,
  database,
}: Pick<Config, "objects" | "apps" | "database">): StoreContent {
  const { buckets, users } = objects!;
  const appUsers = apps.flatMap(({ name, bindings: { bucket } }) => (bucket ? [readWriter(name, bucket)] : []));
  const declared = users.map((user) => user.name);
  const backups = siteBackups(database);
  const copied = readBuckets(objects!).map((bucket) => ({ bucket, mode: "readonly" as const }));
  return {
    buckets: [...buckets, ...(backups ? [backupBucket(backups)] : [])],
    users: [
      ...users,
      ...appUsers.filter((user) => !declared.includes(user.name)),
      ...(backups ? usersOfBackups(backups, objects!) : []),
      ...(copied.length > 0 ? [{ name: COPY_USER, access: copied, generation: 1 }] : []),
    ],
    copy: planObjectsCopy(objects!),
    next: planObjectsNext(objects!),
  };
}

const readWriter = (name: string, bucket: string): UserConfig => ({
  name,
  access: [{ bucket, mode: "readwrite" }],
  generation: 1,
});

/** What config says of the site's own backups; undefined where there are none. */
function siteBackups(database: Config["database"]): SiteBackupConfig | undefined {
  if (database?.kind !== "patroni" || database.backup === "none" || database.backup.site === "none") return undefined;
  return database.backup.site;
}

/**
 * The bucket of the site's own backups. It keeps versions: whoever has the backups' key can hide and replace what is in it, and not
 * take it away.
 */
function backupBucket({ bucket: name, keepDays, objectLock }: SiteBackupConfig): BucketConfig {
  if (keepDays === "none") return { name, versioning: false, lifecycle: [] };
  const lifecycle = [{ prefix: "", noncurrentDays: keepDays }];
  return { name, versioning: true, ...(objectLock && { objectLock }), lifecycle };
}

/** Where keys come from config, so does the next one: there is one user. */
function usersOfBackups(
  { bucket, generation }: SiteBackupConfig,
  objects: NonNullable<Config["objects"]>,
): UserConfig[] {
  return makesKeys(objects) ? backupUsers(bucket, generation) : backupUsers(bucket, 1).slice(0, 1);
}

/** Whether a store's users get their keys from the platform. */
export const makesKeys = (objects: NonNullable<Config["objects"]>): boolean =>
  objects.kind !== "external" || objects.manage === "rgw";

function planMinio(
  { servers, driveSize, pools: further, ...rest }: MinioConfig,
  content: StoreContent,
  { site, namespace }: Place,
): MinioPlan {
  const sizes = [{ servers, driveSize }, ...further];
  const names = memberNames(
    "minio",
    sizes.reduce((sum, pool) => sum + pool.servers, 0),
  );
  const pools = sizes.map((pool) => ({
    servers: names.splice(0, pool.servers).map((name) => ({ name, host: serviceHost(name, namespace) })),
    driveSize: pool.driveSize,
    spread: spreadOver(pool.servers, site.capabilities.nodes),
    sets: erasureSets(pool.servers, rest.drivesPerServer),
  }));
  return {
    ...rest,
    ...content,
    name: "minio",
    servers: pools.flatMap((pool) => pool.servers),
    pools,
    certificate: "minio-tls",
    caSecret: "minio-tls",
    parity: parityFor(servers, rest.drivesPerServer),
    service: "minio",
    region: "us-east-1",
    trust: "site",
    host: serviceHost("minio", namespace),
    port: 9000,
  };
}

function planExternal(
  config: ExternalObjectsConfig,
  content: StoreContent,
  { stack, site }: Place,
): ExternalObjectsPlan {
  return {
    ...config,
    ...content,
    name: "objects",
    ...parseEndpoint(config.endpoint),
    ...(config.caFrom ? { trust: "own", caSecret: "objects-ca" } : { trust: "public" }),
    owner: `${stack}-${site.name}`,
  };
}
