import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { EdgePlan } from "../../stacks/plan.ts";
import { shortHash } from "../hash.ts";
import { labels } from "../labels.ts";
import type { Platform } from "../platform.ts";
import type { AppBackend, DatabaseBackend, StoreBackend } from "./backends.ts";
import { edgeNetworkPolicy } from "./edgePolicy.ts";
import { edgePod, edgeSelector } from "./edgePod.ts";
import { edgePods } from "./monitored.ts";
import { podsService } from "../monitoring/podsService.ts";
import { HTTP_PORT, HTTPS_PORT, STATUS_PORT, tcpRoutes } from "./edgePorts.ts";
import { haproxyFiles } from "./haproxyConfig.ts";

/** Arguments of Edge. */
export interface EdgeArgs {
  /** What the edge serves. */
  plan: EdgePlan;
  /** Where it stands. */
  platform: Platform;
  /** The apps with routes, by name. */
  backends: Record<string, AppBackend>;
  /** PostgreSQL, for the TCP routes; undefined where the site has none. */
  database?: DatabaseBackend;
  /** The object store, where it has a host name in the world; undefined: it has none. */
  store?: StoreBackend;
}

/** The site's entry: HAProxy behind a load balancer's address. */
export class Edge extends pulumi.ComponentResource {
  /** Name of the Service with the load balancer's address. */
  readonly service: string;

  constructor(name: string, args: EdgeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("archipel:edge:Edge", name, {}, opts);
    const child = { parent: this };
    this.service = args.plan.name;
    const configMap = edgeConfigMap(`${name}-config`, args, child);
    edgeDeployment(name, { ...args, configMap }, child);
    edgeService(`${name}-service`, args, child);
    podsService(
      `${name}-pods-service`,
      {
        service: edgePods(args.plan),
        namespace: args.platform.namespaces.edge,
        labels: labels("edge", "haproxy"),
        selector: edgeSelector,
        ports: { status: STATUS_PORT },
        platform: args.platform,
      },
      child,
    );
    edgeDisruptionBudget(`${name}-budget`, args, child);
    edgeNetworkPolicy(`${name}-policy`, args, child);
    this.registerOutputs({});
  }
}

/** Another configuration is another ConfigMap, so that running pods keep theirs whatever comes after. */
function edgeConfigMap(
  name: string,
  { plan, platform, backends, database, store }: EdgeArgs,
  opts: pulumi.CustomResourceOptions,
): string {
  const files = haproxyFiles({ plan, backends, database, store });
  const configMap = `${plan.name}-${shortHash(files)}`;
  new k8s.core.v1.ConfigMap(
    name,
    {
      metadata: { name: configMap, namespace: platform.namespaces.edge, labels: labels("edge", "haproxy") },
      immutable: true,
      data: files,
    },
    opts,
  );
  return configMap;
}

/** A pod goes only after a new one is ready, so that a configuration that HAProxy refuses changes nothing. */
function edgeDeployment(
  name: string,
  args: EdgeArgs & { configMap: string },
  opts: pulumi.CustomResourceOptions,
): void {
  const { plan, platform } = args;
  new k8s.apps.v1.Deployment(
    name,
    {
      metadata: { name: plan.name, namespace: platform.namespaces.edge, labels: labels("edge", "haproxy") },
      spec: {
        replicas: plan.replicas,
        revisionHistoryLimit: 3,
        minReadySeconds: 3,
        strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
        selector: { matchLabels: edgeSelector },
        template: { metadata: { labels: labels("edge", "haproxy") }, spec: edgePod(args) },
      },
    },
    opts,
  );
}

function edgeService(name: string, { plan, platform }: EdgeArgs, opts: pulumi.CustomResourceOptions): void {
  new k8s.core.v1.Service(
    name,
    {
      metadata: { name: plan.name, namespace: platform.namespaces.edge, labels: labels("edge", "haproxy") },
      spec: {
        type: "LoadBalancer",
        loadBalancerClass: platform.loadBalancerClass,
        // Keeps the clients' addresses: logs and apps see who asks.
        externalTrafficPolicy: "Local",
        selector: edgeSelector,
        ports: [
          { name: "http", port: 80, targetPort: HTTP_PORT },
          { name: "https", port: 443, targetPort: HTTPS_PORT },
          ...tcpRoutes(plan.tcp).map((route) => ({
            name: route.name,
            port: route.port,
            targetPort: route.containerPort,
          })),
        ],
      },
    },
    opts,
  );
}

function edgeDisruptionBudget(name: string, { plan, platform }: EdgeArgs, opts: pulumi.CustomResourceOptions): void {
  new k8s.policy.v1.PodDisruptionBudget(
    name,
    {
      metadata: { name: plan.name, namespace: platform.namespaces.edge, labels: labels("edge", "haproxy") },
      spec: { maxUnavailable: 1, selector: { matchLabels: edgeSelector } },
    },
    opts,
  );
}
