import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { isMeasured } from "./monitored.ts";
import type { Platform } from "../platform.ts";

/** Arguments of podsService. */
export interface PodsServiceArgs {
  /** Name of the Service. */
  service: string;
  /** Its namespace. */
  namespace: string;
  /** Its labels. */
  labels: Record<string, string>;
  /** Labels that select the pods. */
  selector: Record<string, string>;
  /** Ports of the metrics by name. */
  ports: Record<string, number>;
  /** Where it stands. */
  platform: Platform;
}

/** Gives DNS the address of each pod of a service, ready or not, so that the metrics of each are read; none where nobody does. */
export function podsService(name: string, args: PodsServiceArgs, opts: pulumi.CustomResourceOptions): void {
  const { service, namespace, labels, selector, ports, platform } = args;
  if (!isMeasured(platform)) return;
  new k8s.core.v1.Service(
    name,
    {
      metadata: { name: service, namespace, labels },
      spec: {
        clusterIP: "None",
        publishNotReadyAddresses: true,
        selector,
        ports: Object.entries(ports).map(([port, number]) => ({ name: port, port: number, targetPort: port })),
      },
    },
    opts,
  );
}
