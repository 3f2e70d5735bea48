import { BACKUP_USER } from "./backupPlan.ts";
import type { Config } from "./config.ts";
import { memberNames, serviceHost } from "./names.ts";
import { spreadOver, type Spread } from "./spread.ts";
import type { MinioConfig } from "./schema/minioObjects.ts";
import type { BucketConfig, UserConfig } from "./schema/objectsContent.ts";

/** What every object store has, whoever runs it. */
interface StorePlan {
  /** Prefix of its objects: the kind. */
  name: string;
  /** Absolute host name where clients connect, S3 over TLS. */
  host: string;
  /** Its port. */
  port: number;
  /** Region that requests are signed for. */
  region: string;
  /** Buckets of config and that of the site's backups. */
  buckets: BucketConfig[];
  /** Users of config, one for each app with a bucket, and the backups' own. */
  users: UserConfig[];
}

/** MinIO on the site's own volumes. */
export interface MinioPlan extends Omit<MinioConfig, "servers" | "users" | "buckets">, StorePlan {
  /** The servers; all share one certificate, as MinIO's peers expect. */
  servers: { name: string; host: string }[];
  /** Secret with their certificate. */
  certificate: string;
  /** Whether servers must stand on different nodes. */
  spread: Spread;
  /** Parity drives of every object: how many drives can be lost. */
  parity: number;
  /** Service where clients connect. */
  service: string;
}

/** The object store. */
export type ObjectsPlan = MinioPlan;

/** Decides what the object store of a site is made of. */
export function planObjects(
  config: Config,
  { nodes, namespace }: { nodes: number; namespace: string },
): ObjectsPlan | undefined {
  if (!config.objects) return undefined;
  return planMinio(config.objects, planStoreContent(config), { nodes, namespace });
}

type StoreContent = Pick<StorePlan, "buckets" | "users">;

/** What config, the apps and the backups ask of the store. */
function planStoreContent({ objects, apps, database }: Config): StoreContent {
  const { buckets, users } = objects!;
  const appUsers = apps.flatMap(({ name, bindings: { bucket } }) => (bucket ? [readWriter(name, bucket)] : []));
  const declared = users.map((user) => user.name);
  const backup = backupBucket(database);
  return {
    buckets: [...buckets, ...backup.map((name) => ({ name, versioning: false, lifecycle: [] }))],
    users: [
      ...users,
      ...appUsers.filter((user) => !declared.includes(user.name)),
      ...backup.map((bucket) => readWriter(BACKUP_USER, bucket)),
    ],
  };
}

const readWriter = (name: string, bucket: string): UserConfig => ({
  name,
  access: [{ bucket, mode: "readwrite" }],
  generation: 1,
});

/** The bucket of the site's own backups, if there are any. */
function backupBucket(database: Config["database"]): string[] {
  if (database?.kind !== "patroni" || database.backup === "none" || database.backup.site === "none") return [];
  return [database.backup.site.bucket];
}

/** The loss of one server must leave reads and writes: parity covers one server's drives. */
function parityFor(servers: number, drivesPerServer: number): number {
  return servers === 1 ? Math.floor(drivesPerServer / 2) : drivesPerServer;
}

function planMinio(
  { servers, ...rest }: MinioConfig,
  content: StoreContent,
  { nodes, namespace }: { nodes: number; namespace: string },
): MinioPlan {
  return {
    ...rest,
    ...content,
    name: "minio",
    servers: memberNames("minio", servers).map((name) => ({ name, host: serviceHost(name, namespace) })),
    certificate: "minio-tls",
    spread: spreadOver(servers, nodes),
    parity: parityFor(servers, rest.drivesPerServer),
    service: "minio",
    region: "us-east-1",
    host: serviceHost("minio", namespace),
    port: 9000,
  };
}
