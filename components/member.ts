import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Platform } from "./platform.ts";

/** Label with the name of a member, which tells its pod from the others'. */
export const MEMBER_LABEL = "archipel.io/member";

/** Arguments of makeMember. */
export interface MemberObjectsArgs {
  /** Name of the member: of its Service and its StatefulSet. */
  member: string;
  /** Where it stands: in the namespace of data. */
  platform: Platform;
  /** Labels of the service that it belongs to. */
  labels: Record<string, string>;
  /** Those of the labels that select the service's pods; never changed, since selectors are immutable. */
  selector: Record<string, string>;
  /** Ports of its Service, which lead to the ports of the same names in its pod. */
  ports: Record<string, number>;
  /** Whether its name leads to the pod's own address, for software that does its own naming. Default: an address of its own. */
  headless?: boolean;
  /** Labels and annotations of its pod beside the labels of the service. */
  podMetadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  /** Its pod. */
  pod: k8s.types.input.core.v1.PodSpec;
  /** Annotations of its StatefulSet. */
  annotations?: Record<string, string>;
}

/** One member of a stateful service: a Service that gives it a name of its own, and a StatefulSet of one pod. */
export function makeMember(name: string, args: MemberObjectsArgs, opts: pulumi.CustomResourceOptions): void {
  const { member, platform, ports, headless = false, podMetadata = {}, pod, annotations } = args;
  const labels = { ...args.labels, [MEMBER_LABEL]: member };
  const metadata = { name: member, namespace: platform.namespaces.data, labels };
  const matchLabels = { ...args.selector, [MEMBER_LABEL]: member };
  new k8s.core.v1.Service(
    `${name}-service`,
    {
      metadata,
      spec: {
        // An address of the Service's own stays when the pod is replaced, so nobody waits for DNS.
        ...(headless ? { clusterIP: "None" } : { type: "ClusterIP" }),
        // Members talk to each other before they are ready.
        publishNotReadyAddresses: true,
        selector: matchLabels,
        ports: Object.entries(ports).map(([port, number]) => ({ name: port, port: number, targetPort: port })),
      },
    },
    opts,
  );
  new k8s.apps.v1.StatefulSet(
    name,
    {
      metadata: { ...metadata, annotations },
      spec: {
        serviceName: member,
        replicas: 1,
        selector: { matchLabels },
        template: {
          metadata: { labels: { ...labels, ...podMetadata.labels }, annotations: podMetadata.annotations },
          spec: pod,
        },
      },
    },
    opts,
  );
}
