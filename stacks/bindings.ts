import type { BucketBinding, DatabaseBinding } from "../components/apps/binding.ts";
import type { DatabaseService } from "../components/database/database.ts";
import type { StoreBackend } from "../components/edge/backends.ts";
import type { EdgeArgs } from "../components/edge/edge.ts";
import type { ObjectStore } from "../components/objects/objectStore.ts";
import type { Flow } from "../components/networkPolicy.ts";
import type { AppPlan, SitePlan } from "./plan.ts";

/** What an app gets from the services of its site. */
export function appBindings(
  { bindings }: AppPlan,
  database: DatabaseService | undefined,
  objects: ObjectStore | undefined,
): { database?: DatabaseBinding; bucket?: BucketBinding } {
  return {
    ...(bindings.database && database && { database: databaseBinding(bindings.database, database) }),
    ...(bindings.bucket && objects && { bucket: bucketBinding(bindings.bucket.user, objects) }),
  };
}

function databaseBinding(
  { role, direct }: NonNullable<AppPlan["bindings"]["database"]>,
  { host, port, readPort, clientFlow, ca, passwords, members }: DatabaseService,
): DatabaseBinding {
  return {
    host,
    port,
    readPort,
    flow: clientFlow,
    ca,
    password: passwords[role]!,
    ...(direct &&
      members && { direct: { hosts: members.hosts, port: members.postgresPort, flow: members.clientFlow } }),
  };
}

function bucketBinding(user: string, { host, port, region, clientFlow, ca, keys }: ObjectStore): BucketBinding {
  return { endpoint: `https://${host}:${port}`, port, region, flow: clientFlow, ca, ...keys[user]! };
}

/** Where the edge finds the object store. */
const storeBackend = ({ edge, objects }: SitePlan, flow: Flow | undefined): StoreBackend | undefined =>
  edge?.objects && objects && flow ? { host: objects.host, port: objects.port, flow } : undefined;

/** What the edge leads to: apps with routes, the database for its TCP routes, the object store where it has a name. */
export function edgeBackends(
  plan: SitePlan,
  database: DatabaseService | undefined,
  objects: ObjectStore | undefined,
): Omit<EdgeArgs, "plan" | "platform"> {
  const { apps } = plan;
  const routed = apps.filter((app) => app.routes.length > 0);
  return {
    backends: Object.fromEntries(
      routed.map(({ name, host, port, probes, replicas }) => [
        name,
        { host, port, readinessPath: probes.readiness, replicas },
      ]),
    ),
    store: storeBackend(plan, objects?.clientFlow),
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
