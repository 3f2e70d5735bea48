import type { Config } from "./config.ts";
import { planAdoption } from "./adoptionPlan.ts";
import { planBackup, planRestore } from "./backupPlan.ts";
import { certificatesOf } from "./certificatePlan.ts";
import { directConnections } from "./connectionBudget.ts";
import { planExporter } from "./exporterPlan.ts";
import { planFiles, planMounts, type SharePlan } from "./filesPlan.ts";
import {
  clusterScopedName,
  DATABASE_NAME,
  loginName,
  memberNames,
  namespaceName,
  ROLES,
  serviceHost,
  STORE_BACKEND,
  type Role,
} from "./names.ts";
import { planObjects, type ObjectsPlan } from "./objectsPlan.ts";
import { spreadOver } from "./spread.ts";
import type {
  AppPlan,
  DatabaseContentPlan,
  DatabasePlan,
  DcsPlan,
  EdgePlan,
  ExternalDatabasePlan,
  MemberPlan,
  MonitoringPlan,
  NamespacePlan,
  Plan,
  SitePlan,
} from "./plan.ts";
import type { ExternalConfig } from "./schema/externalDatabase.ts";
import type { PatroniConfig, PostgresVersion } from "./schema/patroniDatabase.ts";
import type { SiteConfig } from "./schema/sites.ts";

/** Voters of a DCS on one site: the fewest that survive the loss of one. */
const DCS_VOTERS = 3;

/**
 * Decides what stands where. Pure: the same config gives the same plan.
 *
 * @param stack name of the stack.
 * @param config a config without mistakes (see findMistakes).
 */
export function plan(stack: string, config: Config): Plan {
  return { stack, sites: config.sites.map((site) => planSite(stack, site, config)) };
}

function planSite(stack: string, site: SiteConfig, config: Config): SitePlan {
  const namespaces = Object.fromEntries(
    ROLES.map((role) => [role, planNamespace(stack, site, role)]),
  ) as SitePlan["namespaces"];
  const nodes = site.capabilities.nodes;
  const objects = planObjects(config, { stack, site, namespace: namespaces.data.name });
  const patroni = config.database?.kind === "patroni" ? config.database : undefined;
  const external = config.database?.kind === "external" ? config.database : undefined;
  const files = planFiles(config, { stack, site: site.name });
  const adopt = patroni && planAdoption(patroni, `${stack}/${site.name}`);
  const database = patroni && {
    ...planDatabase(patroni, nodes, namespaces.data.name, objects),
    adopt,
    directConnections: directConnections(config.apps),
  };
  const externalDatabase = external && planExternalDatabase(external, namespaces.data.name);
  const parts = {
    dcs: patroni && planDcs(config.dcs, nodes, namespaces.data.name),
    database,
    externalDatabase,
    objects,
    files,
    edge: config.edge ? planEdge(config, nodes) : undefined,
    monitoring:
      config.monitoring && planMonitoring(config.monitoring, { stack, site, namespace: namespaces.data.name }),
    apps: config.apps.map((app) =>
      planApp(app, { nodes, namespace: namespaces.apps.name, database: database ?? externalDatabase, objects, files }),
    ),
  };
  return {
    name: site.name,
    sandbox: site.sandbox,
    cluster: { kubeconfig: site.cluster.kubeconfig, context: site.cluster.context ?? sandboxContext(site) },
    capabilities: site.capabilities,
    namespaces,
    priorityClasses: {
      data: clusterScopedName(stack, site.name, "data"),
      edge: clusterScopedName(stack, site.name, "edge"),
      apps: clusterScopedName(stack, site.name, "apps"),
    },
    certificates: certificatesOf(namespaces, parts),
    ...parts,
  };
}

/** A sandbox site without a kubeconfig is never the machine's current cluster: its context is named. */
const sandboxContext = (site: SiteConfig): string | undefined =>
  site.sandbox && !site.cluster.kubeconfig ? `archipel-${site.name}` : undefined;

/** Object counts that stop a run-away controller, and what config bounds. */
function planNamespace(stack: string, site: SiteConfig, role: Role): NamespacePlan {
  const name = namespaceName(stack, site.name, role);
  const bounds = site.quotas[role];
  const quota = {
    pods: String(bounds?.pods ?? 500),
    "count/jobs.batch": "500",
    persistentvolumeclaims: "200",
    ...(bounds?.cpu && { "requests.cpu": bounds.cpu }),
    ...(bounds?.memory && { "requests.memory": bounds.memory }),
    ...(bounds?.storage && { "requests.storage": bounds.storage }),
  };
  return { name, adopt: site.adoptNamespaces.includes(name), quota };
}

/** Most members that a database can have. */
const MOST_MEMBERS = 5;

function planMembers(service: string, count: number, namespace: string): MemberPlan[] {
  return memberNames(service, count).map((name) => ({
    name,
    host: serviceHost(name, namespace),
    certificate: `${name}-tls`,
  }));
}

function planDcs(config: Config["dcs"], nodes: number, namespace: string): DcsPlan {
  return {
    ...config,
    name: "etcd",
    members: planMembers("etcd", DCS_VOTERS, namespace),
    spread: spreadOver(DCS_VOTERS, nodes),
    port: 2379,
  };
}

/** Databases with their owners, and every role with its login. */
function planContent({ databases, roles }: Pick<PatroniConfig, "databases" | "roles">): DatabaseContentPlan {
  const owned = databases.map((one) => ({ ...one, owner: one.owner ?? one.name }));
  const declared = roles.map((role) => role.name);
  const owners = [...new Set(owned.map((one) => one.owner))].filter((name) => !declared.includes(name));
  return {
    databases: owned,
    roles: [...roles, ...owners.map((name) => ({ name, connectionLimit: -1, generation: 1 }))].map((role) => ({
      ...role,
      login: loginName(role.name, role.generation),
    })),
  };
}

/** The image of a database's members by the version of PostgreSQL; everything else is of the image `patroni`. */
const MEMBER_IMAGES: Record<PostgresVersion, string> = { 17: "patroni", 18: "patroni-18" };

function planExternalDatabase(config: ExternalConfig, namespace: string): ExternalDatabasePlan {
  return {
    ...config,
    ...planContent(config),
    name: DATABASE_NAME,
    exporter: planExporter(DATABASE_NAME, namespace),
  };
}

function planDatabase(
  config: PatroniConfig,
  nodes: number,
  namespace: string,
  objects: ObjectsPlan | undefined,
): Omit<DatabasePlan, "directConnections"> {
  const { bootstrap: _bootstrap, adopt: _adopt, ...rest } = config;
  const backup = planBackup(config, objects);
  return {
    ...rest,
    ...planContent(config),
    name: DATABASE_NAME,
    members: planMembers(DATABASE_NAME, config.members, namespace),
    image: MEMBER_IMAGES[config.version],
    // One that is alone is no exception: it is not restarted when others join it.
    spread: spreadOver(Math.max(config.members, 2), nodes),
    apart: memberNames(DATABASE_NAME, Math.min(nodes, MOST_MEMBERS)),
    adminCertificate: "pg-admin-tls",
    adminName: "pg-admin",
    pooler: {
      ...config.pooler,
      service: "pg-pooler",
      host: serviceHost("pg-pooler", namespace),
      port: 5432,
      certificate: "pg-pooler-tls",
      spread: spreadOver(config.pooler.replicas, nodes),
    },
    backup,
    restore: planRestore(config, backup),
  };
}

function planEdge(config: Config, nodes: number): EdgePlan {
  const store = config.edge!.objects;
  const http = [
    ...config.apps.flatMap((app) => app.routes.map((route) => ({ ...route, app: app.name }))),
    ...(store ? [{ host: store.host, path: "/", stripPrefix: false, app: STORE_BACKEND }] : []),
  ];
  return {
    ...config.edge!,
    name: "edge",
    certificate: "edge-tls",
    clientCertificate: "edge-client-tls",
    spread: spreadOver(config.edge!.replicas, nodes),
    http: http.toSorted((a, b) => a.host.localeCompare(b.host, "en") || b.path.length - a.path.length),
  };
}

function planMonitoring(
  config: NonNullable<Config["monitoring"]>,
  { stack, site, namespace }: { stack: string; site: SiteConfig; namespace: string },
): MonitoringPlan {
  return {
    ...config,
    name: "prometheus",
    claim: "prometheus-data",
    certificate: "prometheus-tls",
    prober: { name: "prober", host: serviceHost("prober", namespace) },
    lifetimeHours: site.capabilities.certificates.lifetimeHours,
    externalLabels: { stack, site: site.name },
  };
}

/** Whose login an app gets: that of the role which owns its database. */
function databaseBinding(
  name: string,
  direct: boolean,
  plan: DatabasePlan | ExternalDatabasePlan,
): NonNullable<AppPlan["bindings"]["database"]> {
  const { owner } = plan.databases.find((one) => one.name === name)!;
  const { login } = plan.roles.find((one) => one.name === owner)!;
  return {
    name,
    role: owner,
    login,
    ...(plan.kind === "external" && { external: true }),
    ...(direct && { direct: true }),
  };
}

function planApp(
  app: Config["apps"][number],
  {
    nodes,
    namespace,
    database,
    objects,
    files,
  }: {
    nodes: number;
    namespace: string;
    database: DatabasePlan | ExternalDatabasePlan | undefined;
    objects: ObjectsPlan | undefined;
    files: SharePlan[];
  },
): AppPlan {
  const { database: wanted, databaseDirect, bucket } = app.bindings;
  return {
    ...app,
    spread: spreadOver(app.replicas, nodes),
    host: serviceHost(app.name, namespace),
    certificate: `${app.name}-tls`,
    mounts: planMounts(app, files),
    bindings: {
      ...(wanted && database && { database: databaseBinding(wanted, databaseDirect !== undefined, database) }),
      ...(bucket && objects && { bucket: { name: bucket, user: app.name, trust: objects.trust } }),
    },
  };
}
