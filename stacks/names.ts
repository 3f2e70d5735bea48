/** The kinds of namespace that a site has; each is its own world for quotas, policies and secrets. */
export const ROLES = ["system", "data", "edge", "apps"] as const;
/** What a namespace is for. */
export type Role = (typeof ROLES)[number];

/** Name of a site's namespace: cluster-scoped, so it carries stack and site. */
export const namespaceName = (stack: string, site: string, role: Role | "ceph"): string => `${stack}-${site}-${role}`;

/** Name of a cluster-scoped object of one site. */
export const clusterScopedName = (stack: string, site: string, name: string): string => `${stack}-${site}-${name}`;

/** Common name of a database's objects, whoever runs it. */
export const DATABASE_NAME = "pg";

/**
 * Name with which clients log in as a role. Each generation of a role's password has a login of its own, which acts as the
 * role: the one before goes on working until clients have the new one.
 */
export const loginName = (role: string, generation: number): string =>
  generation === 1 ? role : `${role}_g${generation}`;

/** The login of a generation, and the one before it, which clients may still have until they are told the new one. */
export const loginNames = (role: string, generation: number): { login: string; former?: string } => ({
  login: loginName(role, generation),
  ...(generation > 1 && { former: loginName(role, generation - 1) }),
});

/** Names that `loginName` may make. */
export const LOGIN_NAME = /_g[0-9]+$/;

/** Names of the members of a replicated service: `pg-0`, `pg-1`, ... */
export const memberNames = (service: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${service}-${index}`);

/** Every name by which pods of a cluster reach a Service, for its certificate. */
export const serviceDnsNames = (service: string, namespace: string): string[] => [
  service,
  `${service}.${namespace}`,
  `${service}.${namespace}.svc`,
  `${service}.${namespace}.svc.cluster.local`,
];

/** Name by which clients reach a Service: short enough to read, absolute enough for one DNS query. */
export const serviceHost = (service: string, namespace: string): string => `${service}.${namespace}.svc.cluster.local`;

/** Role on a PostgreSQL that somebody else runs, with which the platform reads its metrics. */
export const WATCHER = "archipel_monitor";

/** What answers for the object store at the edge, among the apps there: no app has such a name. */
export const STORE_BACKEND = "object.store";
