import { toBytes } from "./bytes.ts";
import type { AppConfig } from "./schema/apps.ts";
import type { PatroniConfig } from "./schema/patroniDatabase.ts";

/** Connections of a member that no app and no pooler has: administrators, Jobs, metrics, clients that come by the edge. */
export const RESERVED_CONNECTIONS = 30;

/** Connections that a pooler pod has to each member at the least. */
export const LEAST_PER_POOLER = 5;

/** Memory that one connection is reckoned with, in bytes: its process and a modest query. */
const BYTES_PER_CONNECTION = 5 * 2 ** 20;

/**
 * Connections that a member accepts: as many as its memory can hold. It does not depend on the databases and apps, since a
 * change restarts PostgreSQL; poolers queue what goes beyond.
 */
export function maxConnections({ resources, parameters }: Pick<PatroniConfig, "resources" | "parameters">): number {
  if (parameters["max_connections"] !== undefined) return Number(parameters["max_connections"]);
  const affordable = Math.floor(toBytes(resources.memoryLimit) / BYTES_PER_CONNECTION);
  return RESERVED_CONNECTIONS + Math.min(Math.max(affordable, 50), 1000);
}

/** Connections that the pods of one app may hold to the members at a time, the one more of a rollout included. */
export const directConnectionsOf = ({ replicas, bindings }: Pick<AppConfig, "replicas" | "bindings">): number =>
  (replicas + 1) * (bindings.databaseDirect?.connections ?? 0);

/** Those of all apps. A member must bear them alone: it may be the only one that is left. */
export const directConnections = (apps: AppConfig[]): number =>
  apps.reduce((sum, app) => sum + directConnectionsOf(app), 0);
