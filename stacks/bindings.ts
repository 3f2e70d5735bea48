import type { BucketBinding, DatabaseBinding } from "../components/apps/binding.ts";
import type { DatabaseService } from "../components/database/database.ts";
import type { AppBackend, DatabaseBackend } from "../components/edge/backends.ts";
import type { ObjectStore } from "../components/objects/objectStore.ts";
import type { AppPlan, SitePlan } from "./plan.ts";

/** What an app gets from the services of its site. */
export function appBindings(
  { bindings }: AppPlan,
  database: DatabaseService | undefined,
  objects: ObjectStore | undefined,
): { database?: DatabaseBinding; bucket?: BucketBinding } {
  return {
    ...(bindings.database && database && { database: databaseBinding(bindings.database.role, database) }),
    ...(bindings.bucket && objects && { bucket: bucketBinding(bindings.bucket.user, objects) }),
  };
}

function databaseBinding(role: string, { host, port, clientFlow, ca, passwords }: DatabaseService): DatabaseBinding {
  return { host, port, flow: clientFlow, ca, password: passwords[role]! };
}

function bucketBinding(user: string, { host, port, region, clientFlow, ca, keys }: ObjectStore): BucketBinding {
  return { endpoint: `https://${host}:${port}`, port, region, flow: clientFlow, ca, ...keys[user]! };
}

/** What the edge leads to: apps with routes, and the database for its TCP routes. */
export function edgeBackends(
  { apps }: SitePlan,
  database: DatabaseService | undefined,
): { backends: Record<string, AppBackend>; database?: DatabaseBackend } {
  const routed = apps.filter((app) => app.routes.length > 0);
  return {
    backends: Object.fromEntries(
      routed.map(({ name, host, port, probes, replicas }) => [
        name,
        { host, port, readinessPath: probes.readiness, replicas },
      ]),
    ),
    ...(database?.members && {
      database: {
        memberHosts: database.members.hosts,
        port: database.members.postgresPort,
        patroniPort: database.members.patroniPort,
        poolerHost: database.host,
        poolerPort: database.port,
      },
    }),
  };
}
