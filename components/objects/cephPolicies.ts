import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { CephPlan } from "../../stacks/cephPlan.ts";
import { clientLabel, selector } from "../labels.ts";
import { readersOf } from "../monitoring/monitored.ts";
import type { Flow } from "../networkPolicy.ts";
import { appLabel } from "./cephCluster.ts";
import { gatewaySelector } from "./cephGateway.ts";
import type { ObjectStoreArgs } from "./objectStore.ts";

/** Port of the managers' metrics. */
export const METRICS_PORT = 9283;
/** Port of the monitors: the second version of Ceph's protocol only. */
const MONITOR_PORT = 3300;
/** First and last port of all other daemons. */
const DAEMON_PORTS = [6800, 7568] as const;

type Rule = k8s.types.input.networking.v1.NetworkPolicyIngressRule;

/**
 * Who may connect to Ceph's pods. The gateways and the metrics are for those who need them. The daemons of the storage
 * itself are open to all addresses: nodes map volumes, and no selector names a node; Ceph asks everybody for a key, and
 * encrypts. What Ceph's pods connect to is not bounded.
 */
export function cephNetworkPolicies(
  name: string,
  { plan, platform, clientNamespaces, edgeNamespace }: ObjectStoreArgs<CephPlan>,
  opts: pulumi.CustomResourceOptions,
): void {
  const { namespace } = plan;
  const ports = [plan.port];
  const clients = [...new Set([platform.namespaces.data, ...clientNamespaces])].map((one) => ({
    namespace: one,
    podLabels: { [clientLabel("objects")]: "true" },
    ports,
  }));
  const edge = edgeNamespace ? [{ namespace: edgeNamespace, podLabels: selector("edge", "haproxy"), ports }] : [];
  const readers = readersOf(platform, [METRICS_PORT]);
  const policy = (suffix: string, podSelector: object, ingress: Rule[]): void => {
    new k8s.networking.v1.NetworkPolicy(
      `${name}-${suffix}`,
      {
        metadata: { name: `ceph-${suffix}`, namespace },
        spec: { podSelector, policyTypes: ["Ingress"], ingress: [{ from: [{ podSelector: {} }] }, ...ingress] },
      },
      opts,
    );
  };
  // In a namespace that is not the platform's own, other pods are not its business.
  if (plan.ownNamespace) policy("namespace", {}, []);
  policy("daemons", { matchExpressions: [{ key: "app", operator: "In", values: STORAGE_DAEMONS }] }, [
    {
      ports: [
        { port: MONITOR_PORT, protocol: "TCP" },
        { port: DAEMON_PORTS[0], endPort: DAEMON_PORTS[1], protocol: "TCP" },
      ],
    },
  ]);
  policy(
    "gateways",
    { matchLabels: gatewaySelector(plan) },
    [...clients, ...edge, ...readersOf(platform, ports)].map(from),
  );
  if (readers.length > 0) policy("metrics", { matchLabels: appLabel("mgr") }, readers.map(from));
}

const STORAGE_DAEMONS = (["mon", "mgr", "osd", "mds"] as const).map((daemon) => appLabel(daemon)["app"]!);

const from = ({ namespace, podLabels, ports }: Flow): Rule => ({
  from: [
    {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
      podSelector: Object.keys(podLabels).length > 0 ? { matchLabels: podLabels } : {},
    },
  ],
  ports: ports.map((port) => ({ port, protocol: "TCP" })),
});
