import type pg from "pg";
import { roleSecret } from "../../components/database/names.ts";
import { READ_PORT } from "../../components/database/poolerConfig.ts";
import { nodeMachines } from "../../sandbox/sandbox.ts";
import { withSite } from "../site/access.ts";
import { secretValue } from "../site/secrets.ts";
import { UserError } from "../userError.ts";
import type { Target } from "../database/target.ts";
import { openTunnel, type Tunnel } from "./tunnel.ts";

/** The ways by which clients come to the primary. */
export type Way = "pooler" | "edge";

/** How clients of a database connect, each way as they do in real life. */
export interface Clients {
  /** Connections for writes by way; a stack without an edge route has the pooler only. */
  write: Partial<Record<Way, pg.ClientConfig>>;
  /** Connection for reads through the pooler. */
  read: pg.ClientConfig;
  /** Ends the tunnels. */
  close: () => Promise<void>;
}

/**
 * Connects to the site's network: to the pooler's Service as pods of a node do, to the edge as the world does.
 *
 * @param node node whose pods the clients stand for; default: the first.
 * @throws UserError when the stack has no database that a client could write to.
 */
export async function openClients(target: Target, node = nodeMachines(target.site.name)[0]!): Promise<Clients> {
  const { database, namespace, kubectl } = target;
  const [first] = database.databases;
  if (!first) throw new UserError(`stack ${target.plan.stack} has no database: declare one under archipel:database`);
  const { service, host, port, certificate } = database.pooler;
  const password = await secretValue(kubectl, namespace, roleSecret(database, first.owner), "password");
  const ca = await secretValue(kubectl, namespace, certificate, "ca.crt");
  const { login } = database.roles.find(({ name }) => name === first.owner)!;
  const base = { user: login, database: first.name, password };
  const [found] = await kubectl.list(["service", service, "--namespace", namespace]);
  const { clusterIP } = found!["spec"] as { clusterIP: string };
  const tunnels: [Tunnel, Tunnel] = [
    await openTunnel(node, clusterIP, port),
    await openTunnel(node, clusterIP, READ_PORT),
  ];
  const pooler = (tunnel: Tunnel): pg.ClientConfig => ({
    ...base,
    host: "127.0.0.1",
    port: tunnel.port,
    ssl: { ca, servername: host },
  });
  const edge = await edgeConnection(target, base, ca);
  return {
    write: { pooler: pooler(tunnels[0]), ...(edge && { edge }) },
    read: pooler(tunnels[1]),
    close: async () => {
      for (const tunnel of tunnels) await tunnel.close();
    },
  };
}

/** A client from outside, which knows the members' common name from their certificates. */
async function edgeConnection(
  { plan, site, database }: Target,
  base: pg.ClientConfig,
  ca: string,
): Promise<pg.ClientConfig | undefined> {
  const route = site.edge?.tcp.find((one) => one.to === "database-primary");
  if (!route) return undefined;
  const address = await withSite(plan, site, (access) => access.edge(route.port));
  return { ...base, ...address, ssl: { ca, servername: `${database.name}-primary` } };
}
