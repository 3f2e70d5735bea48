import type * as pulumi from "@pulumi/pulumi";
import type { DatabasePlan } from "../../stacks/plan.ts";
import { clientLabel } from "../labels.ts";
import { allowFlows, type Flow } from "../networkPolicy.ts";
import type { Platform } from "../platform.ts";
import { BACKREST_PORT } from "./backrest.ts";
import { PATRONI_PORT, POSTGRES_PORT } from "./layout.ts";
import { readersOf } from "../monitoring/monitored.ts";
import { memberMetricPorts, POOLER_METRICS } from "./metrics.ts";
import { type PodKind, podSelector } from "./pods.ts";
import { READ_PORT } from "./poolerConfig.ts";

/** Arguments of databasePolicies. */
export interface PoliciesArgs {
  /** The database. */
  plan: DatabasePlan;
  /** Where it stands. */
  platform: Platform;
  /** Client port of the DCS. */
  dcsPort: number;
  /**
   * Namespaces whose pods may connect to the pooler when they carry the label clientLabel("database"), and to members when
   * they carry clientLabel("database-members").
   */
  clientNamespaces: string[];
  /** Namespace of the edge, which leads to members and pooler; undefined: it does not. */
  edgeNamespace?: string;
  /** The connections that reach the repository in the site's object store; undefined: there is none. */
  storeFlow?: Flow;
}

/**
 * Who talks to whom: members to each other and their DCS, poolers and Jobs to members, clients to poolers, and to members
 * where config says so.
 */
export function databasePolicies(name: string, args: PoliciesArgs, opts: pulumi.CustomResourceOptions): void {
  const { plan, platform, dcsPort, clientNamespaces, edgeNamespace, storeFlow } = args;
  const namespace = platform.namespaces.data;
  const memberPorts = [POSTGRES_PORT, PATRONI_PORT];
  const poolerPorts = [plan.pooler.port, READ_PORT];
  const flow = (kind: PodKind, ports: number[]): Flow => ({ namespace, podLabels: podSelector(plan, kind), ports });
  const clients = (service: "database" | "database-members", ports: number[]): Flow[] =>
    clientNamespaces.map((one) => ({ namespace: one, podLabels: { [clientLabel(service)]: "true" }, ports }));
  const edge = (ports: number[]): Flow[] => (edgeNamespace ? [{ namespace: edgeNamespace, podLabels: {}, ports }] : []);
  const toMembers = flow("member", memberPorts);
  const policy = (kind: PodKind, ingress: Flow[], egress: Flow[], worldPorts: number[] = []) =>
    allowFlows(
      `${name}-${kind}`,
      { policy: `${plan.name}-${kind}`, namespace, podLabels: podSelector(plan, kind), ingress, egress, worldPorts },
      opts,
    );
  const store = storeFlow ? [storeFlow] : [];
  const outside = (plan.backup?.repositories ?? [])
    .filter((one) => one.trust !== "site")
    .map((one) => Number(one.endpoint.split(":")[1]));
  const backupFlows = plan.backup ? [flow("backup", [BACKREST_PORT, POSTGRES_PORT])] : [];
  policy(
    "member",
    [
      toMembers,
      flow("pooler", memberPorts),
      flow("job", memberPorts),
      ...backupFlows,
      ...(plan.directConnections > 0 ? clients("database-members", [POSTGRES_PORT]) : []),
      ...edge(memberPorts),
      ...readersOf(platform, [PATRONI_PORT, ...Object.values(memberMetricPorts(plan))]),
    ],
    [toMembers, { namespace, podLabels: {}, ports: [dcsPort] }, ...store],
    [...outside, ...(plan.adopt ? [plan.adopt.port] : [])],
  );
  if (plan.backup) policy("backup", [], [flow("member", [BACKREST_PORT, POSTGRES_PORT]), ...store], outside);
  policy(
    "pooler",
    [...clients("database", poolerPorts), ...edge(poolerPorts), ...readersOf(platform, Object.values(POOLER_METRICS))],
    [toMembers],
  );
  policy("job", [], [toMembers]);
}
