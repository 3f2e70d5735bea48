import type * as pulumi from "@pulumi/pulumi";
import { clientLabel } from "../labels.ts";
import { allowFlows } from "../networkPolicy.ts";
import { readersOf } from "../monitoring/monitored.ts";
import type { EtcdArgs } from "./etcd.ts";
import { jobSelector } from "./jobs.ts";
import { PORTS } from "./pods.ts";
import { voterSelector } from "./voter.ts";

/** Who talks to whom: voters to each other, clients and the DCS's own Jobs to voters, who reads metrics to theirs. */
export function etcdPolicies(name: string, { plan, platform }: EtcdArgs, opts: pulumi.CustomResourceOptions): void {
  const namespace = platform.namespaces.data;
  const voters = { namespace, podLabels: voterSelector, ports: [PORTS.client, PORTS.peer, PORTS.statement] };
  allowFlows(
    `${name}-policy`,
    {
      policy: plan.name,
      namespace,
      podLabels: voterSelector,
      ingress: [
        voters,
        { namespace, podLabels: { [clientLabel("dcs")]: "true" }, ports: [PORTS.client] },
        ...readersOf(platform, [PORTS.health, PORTS.client]),
      ],
      egress: [voters],
    },
    opts,
  );
  allowFlows(
    `${name}-job-policy`,
    {
      policy: `${plan.name}-job`,
      namespace,
      podLabels: jobSelector,
      ingress: [],
      egress: [{ namespace, podLabels: voterSelector, ports: [PORTS.client] }],
    },
    opts,
  );
}
