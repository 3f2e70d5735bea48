import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

type Peer = k8s.types.input.networking.v1.NetworkPolicyPeer;

/** Who may connect to a port, or whom a pod may connect to. */
export interface Flow {
  /** Namespace of the other side. */
  namespace: string;
  /** Labels of the other side's pods; empty: every pod of the namespace. */
  podLabels: Record<string, string>;
  /** TCP ports of the side that listens. */
  ports: number[];
}

/** Arguments of allowFlows. */
export interface FlowsArgs {
  /** Name of the NetworkPolicy object. */
  policy: string;
  /** Namespace of the pods that the policy is about. */
  namespace: string;
  /** Their labels. */
  podLabels: Record<string, string>;
  /** Connections that they accept. */
  ingress: Flow[];
  /** Connections that they open, beside DNS. */
  egress: Flow[];
  /** Whether they reach the cluster's API server, whose address no selector names: any address on 443 and 6443. */
  apiServer?: boolean;
  /** Ports that they reach at any address: services outside the cluster. */
  worldPorts?: number[];
  /** Ports that accept connections from anywhere: load balancers hide who asks. */
  publicPorts?: number[];
  /** Annotations of the object. */
  annotations?: Record<string, string>;
}

const peer = (flow: Flow): Peer => ({
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": flow.namespace } },
  // Empty labels are another spec than none to the API server, and would be written anew each time.
  podSelector: Object.keys(flow.podLabels).length > 0 ? { matchLabels: flow.podLabels } : {},
});

const tcp = (ports: number[]) => ports.map((port) => ({ port, protocol: "TCP" }));

/** Admits exactly the named flows to and from the selected pods; everything else is denied by the namespace's default. */
export function allowFlows(
  name: string,
  args: FlowsArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.networking.v1.NetworkPolicy {
  const { policy, namespace, podLabels, ingress, egress, apiServer = false, worldPorts = [], publicPorts = [] } = args;
  const { annotations } = args;
  const accepted = [
    ...ingress.map((flow) => ({ from: [peer(flow)], ports: tcp(flow.ports) })),
    ...(publicPorts.length > 0 ? [{ ports: tcp(publicPorts) }] : []),
  ];
  const opened = [
    ...egress.map((flow) => ({ to: [peer(flow)], ports: tcp(flow.ports) })),
    ...(apiServer ? [{ ports: tcp([443, 6443]) }] : []),
    ...(worldPorts.length > 0 ? [{ ports: tcp(worldPorts) }] : []),
  ];
  return new k8s.networking.v1.NetworkPolicy(
    name,
    {
      metadata: { name: policy, namespace, ...(annotations && { annotations }) },
      spec: {
        podSelector: { matchLabels: podLabels },
        policyTypes: ["Ingress", "Egress"],
        // An empty list is another spec than none to the API server, and would be written anew each time.
        ...(accepted.length > 0 && { ingress: accepted }),
        ...(opened.length > 0 && { egress: opened }),
      },
    },
    opts,
  );
}
