import type * as pulumi from "@pulumi/pulumi";
import type { MinioPlan } from "../../stacks/objectsPlan.ts";
import { clientLabel, selector } from "../labels.ts";
import { allowFlows } from "../networkPolicy.ts";
import { readersOf } from "../monitoring/monitored.ts";
import { MINIO_JOBS, minioJobSelector } from "./minioClientPod.ts";
import { serverSelector } from "./minioPod.ts";
import type { ObjectStoreArgs } from "./objectStore.ts";

/** Labels of the pods that may connect. */
const client = { [clientLabel("objects")]: "true" };

/** Who may connect to the servers: they themselves, their clients, the Jobs, and the edge where it serves the store. */
export function minioNetworkPolicies(
  name: string,
  { plan, platform, clientNamespaces, edgeNamespace }: ObjectStoreArgs<MinioPlan>,
  opts: pulumi.CustomResourceOptions,
): void {
  const namespace = platform.namespaces.data;
  const ports = [plan.port];
  const servers = { namespace, podLabels: serverSelector, ports };
  const clients = [...new Set([namespace, ...clientNamespaces])].map((one) => ({
    namespace: one,
    podLabels: client,
    ports,
  }));
  const edge = edgeNamespace ? [{ namespace: edgeNamespace, podLabels: selector("edge", "haproxy"), ports }] : [];
  allowFlows(
    `${name}-policy`,
    {
      policy: plan.name,
      namespace,
      podLabels: serverSelector,
      ingress: [servers, ...clients, ...edge, ...readersOf(platform, ports)],
      egress: [servers],
    },
    opts,
  );
  for (const job of MINIO_JOBS) {
    allowFlows(
      `${name}-${job}-policy`,
      { policy: `${plan.name}-${job}`, namespace, podLabels: minioJobSelector(job), ingress: [], egress: [servers] },
      opts,
    );
  }
}
