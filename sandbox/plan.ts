import { SandboxError } from "./error.ts";

/**
 * Where everything in the sandbox is. Site i (from 1) has
 *
 * - machines in 10.10.i.0/24: the router .1, the control machine .10, node j .(20 + j), load balancers .200 to .250;
 * - pods in 10.(100 + i).0.0/16, of which node j has 10.(100 + i).j.0/24;
 * - Services in 10.(200 + i).0.0/16, DNS at .0.10.
 *
 * The hub, with the registry, is 10.10.0.10. All of it is routed, nothing is translated: a pod is seen everywhere under
 * its own address.
 */
export interface SandboxPlan {
  /** The hub machine. */
  hub: Machine;
  /** The sites, in order. */
  sites: SitePlan[];
}

/** A machine: one network, mount, process, host name and IPC namespace. */
export interface Machine {
  /** Host name, unique in the sandbox: `hub`, `site1-control`, `site1-node1`. */
  name: string;
  /** The network that it is plugged into: its site's name, or `hub`. */
  network: string;
  /** Its IPv4 address. */
  address: string;
  /** Its default route. */
  router: string;
}

/** A node: a machine that runs pods. */
export interface NodeMachine extends Machine {
  /** The addresses of its pods. */
  podCidr: string;
  /** `topology.kubernetes.io/zone`: every node is a zone of its own. */
  zone: string;
}

/** One site: a control machine and its nodes. */
export interface SitePlan {
  /** `site1`, `site2`, ... */
  name: string;
  /** 0 for the first; part of the loopback ports. */
  index: number;
  control: Machine;
  nodes: NodeMachine[];
  router: string;
  podCidr: string;
  serviceCidr: string;
  /** Address of the Service `kubernetes`. */
  apiService: string;
  /** Address of the Service `kube-dns`. */
  dnsService: string;
  /** Range of load-balancer addresses, as `first-last`. */
  loadBalancers: string;
}

/** Most sites and most nodes per site: addresses end there. */
export const limits = { sites: 50, nodes: 100 } as const;

/** Port on which the registry listens, on the hub. */
export const registryPort = 5000;

/** Address and port of the registry as the nodes see it. */
export const registryAddress = `10.10.0.10:${registryPort}`;

/**
 * The plan of a sandbox with `sites` sites of `nodes` nodes each.
 *
 * @throws SandboxError when there are too many or too few of them
 */
export function planSandbox(sites: number, nodes: number): SandboxPlan {
  for (const [what, found, most] of [
    ["sites", sites, limits.sites],
    ["nodes", nodes, limits.nodes],
  ] as const) {
    if (!Number.isInteger(found) || found < 1 || found > most) {
      throw new SandboxError(`${what} is ${found}: a sandbox has 1 to ${most} of them.`);
    }
  }
  return {
    hub: { name: "hub", network: "hub", address: "10.10.0.10", router: "10.10.0.1" },
    sites: Array.from({ length: sites }, (_, index) => planSite(index, nodes)),
  };
}

/** All machines, the hub first. */
export function allMachines(plan: SandboxPlan): Machine[] {
  return [plan.hub, ...plan.sites.flatMap((site) => [site.control, ...site.nodes])];
}

/**
 * The loopback port through which port `port` of a site is reached: `(port < 1024 ? 8000 : 10000) + port`, and 1000 more
 * per site after the first. 443 is 8443, 6443 is 16443, 5432 is 15432.
 */
export function loopbackPort(port: number, siteIndex: number): number {
  return (port < 1024 ? 8000 : 10000) + port + 1000 * siteIndex;
}

function planSite(index: number, nodes: number): SitePlan {
  const i = index + 1;
  const name = `site${i}`;
  const subnet = `10.10.${i}`;
  const router = `${subnet}.1`;
  return {
    name,
    index,
    router,
    control: { name: `${name}-control`, network: name, address: `${subnet}.10`, router },
    nodes: Array.from({ length: nodes }, (_, n) => ({
      name: `${name}-node${n + 1}`,
      network: name,
      address: `${subnet}.${21 + n}`,
      router,
      podCidr: `10.${100 + i}.${n + 1}.0/24`,
      zone: `${name}-zone${n + 1}`,
    })),
    podCidr: `10.${100 + i}.0.0/16`,
    serviceCidr: `10.${200 + i}.0.0/16`,
    apiService: `10.${200 + i}.0.1`,
    dnsService: `10.${200 + i}.0.10`,
    loadBalancers: `${subnet}.200-${subnet}.250`,
  };
}
