import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { MountPlan } from "../../stacks/filesPlan.ts";
import type { AppPlan } from "../../stacks/plan.ts";
import { shortHash } from "../hash.ts";
import { clientLabel, labels, selector } from "../labels.ts";
import { readersOf } from "../monitoring/monitored.ts";
import { allowFlows, type Flow } from "../networkPolicy.ts";
import type { Platform } from "../platform.ts";
import { containerResources, memoryVolume, restrictedContainer, restrictedPod, spreadPods } from "../pod.ts";
import { bindingSecret, bindingSecretName, type BucketBinding, type DatabaseBinding } from "./binding.ts";
import { caVolume, ownCaSecrets } from "./bindingCas.ts";
import { shareMounts, shareVolumes } from "./mounts.ts";
import { releaseGate, releaseJob, type ReleaseGate } from "./release.ts";
import { secretEnv } from "./secretEnv.ts";

/** Arguments of App. */
export interface AppArgs {
  /** What the app is. */
  plan: AppPlan;
  /** Where it stands. */
  platform: Platform;
  /** Its database, where it has one. */
  database?: DatabaseBinding;
  /** Its bucket, where it has one. */
  bucket?: BucketBinding;
  /** Gives a secret of the config by its key. */
  secret: (key: string) => pulumi.Output<string>;
}

/**
 * A 12-factor app: its processes, its environment from config, secrets and bindings, and a release job that runs before
 * each rollout.
 */
export class App extends pulumi.ComponentResource {
  constructor(name: string, args: AppArgs, opts?: pulumi.ComponentResourceOptions) {
    super("archipel:apps:App", name, {}, opts);
    const child = { parent: this };
    const { plan, platform } = args;
    const namespace = platform.namespaces.apps;
    const own = { namespace, labels: appLabels(plan) };

    const bindings = { plan, ...own, database: args.database, bucket: args.bucket };
    bindingSecret(`${name}-bindings`, bindings, child);
    ownCaSecrets(name, { plan, ...own, cas: { database: args.database?.ca, objects: args.bucket?.ca } }, child);
    const env = secretEnv(`${name}-env`, { plan, ...own, secret: args.secret }, child);
    const shared = plan.mounts.filter((mount) => !mount.alone);
    const gate = this.release(name, args, appContainer(args, env, shared), appPod(args, shared));
    this.deployment(name, args, appContainer(args, env, plan.mounts), appPod(args, plan.mounts), gate);
    this.service(name, args);
    this.policies(name, args);
    if (plan.replicas > 1) this.disruptionBudget(name, args);
    this.registerOutputs({});
  }

  /** Runs beside the pods of the release before, which still have the shares for one pod: it goes without these. */
  private release(
    name: string,
    { plan, platform }: AppArgs,
    container: k8s.types.input.core.v1.Container,
    pod: k8s.types.input.core.v1.PodSpec,
  ): ReleaseGate | undefined {
    if (!plan.release) return undefined;
    const { command, timeoutSeconds } = plan.release;
    const namespace = platform.namespaces.apps;
    const labels = podLabels(plan, "release");
    const job = `${plan.name}-release-${shortHash({ labels, container, pod, command, timeoutSeconds })}`;
    releaseJob(
      `${name}-release`,
      { job, namespace, labels, container, pod, command, timeoutSeconds },
      { parent: this },
    );
    return releaseGate(
      `${name}-gate`,
      { job, namespace, labels: appLabels(plan), image: platform.images("tools") },
      { parent: this },
    );
  }

  private deployment(
    name: string,
    { plan, platform, database }: AppArgs,
    container: k8s.types.input.core.v1.Container,
    pod: k8s.types.input.core.v1.PodSpec,
    gate: ReleaseGate | undefined,
  ): void {
    new k8s.apps.v1.Deployment(
      name,
      {
        metadata: { name: plan.name, namespace: platform.namespaces.apps, labels: appLabels(plan) },
        spec: {
          replicas: plan.replicas,
          revisionHistoryLimit: 3,
          strategy: plan.mounts.some((mount) => mount.alone)
            ? { type: "Recreate" }
            : { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
          selector: { matchLabels: podSelector(plan, "app") },
          template: {
            metadata: { labels: podLabels(plan, "app"), annotations: bindingAnnotations(plan, database) },
            spec: {
              ...pod,
              ...spreadPods("preferred", podSelector(plan, "app")),
              terminationGracePeriodSeconds: plan.stopSeconds + PRE_STOP_SECONDS,
              containers: [container],
              ...(gate && {
                serviceAccountName: gate.serviceAccountName,
                initContainers: [gate.initContainer],
                volumes: [...(pod.volumes as k8s.types.input.core.v1.Volume[]), gate.volume],
              }),
            },
          },
        },
      },
      { parent: this },
    );
  }

  /** Headless: the edge finds and checks each pod by itself. */
  private service(name: string, { plan, platform }: AppArgs): void {
    new k8s.core.v1.Service(
      `${name}-service`,
      {
        metadata: {
          name: plan.name,
          namespace: platform.namespaces.apps,
          labels: appLabels(plan),
          // No endpoint exists until the release has run, which may take longer than a Service is waited for.
          annotations: { "pulumi.com/skipAwait": "true" },
        },
        spec: {
          clusterIP: "None",
          selector: podSelector(plan, "app"),
          ports: [{ name: "http", port: plan.port, targetPort: "http" }],
        },
      },
      { parent: this },
    );
  }

  private policies(name: string, { plan, platform, database, bucket }: AppArgs): void {
    const { apps, edge } = platform.namespaces;
    const egress = [database?.flow, database?.direct?.flow, bucket?.flow].filter((flow) => flow !== undefined);
    const worldPorts = [
      ...(plan.bindings.database?.external && database ? [database.port] : []),
      ...(plan.bindings.bucket && bucket && !bucket.flow ? [bucket.port] : []),
    ];
    const fromEdge = { namespace: edge, podLabels: EDGE_PODS, ports: [plan.port] };
    const policy = (role: "app" | "release", ingress: Flow[], apiServer: boolean) =>
      allowFlows(
        `${name}-${role}-policy`,
        {
          policy: `${plan.name}-${role}`,
          namespace: apps,
          podLabels: podSelector(plan, role),
          ingress,
          egress,
          apiServer,
          worldPorts,
        },
        { parent: this },
      );
    const fromReaders = plan.metricsPath === undefined ? [] : readersOf(platform, [plan.port]);
    const ingress = [...(plan.routes.length > 0 ? [fromEdge] : []), ...fromReaders];
    policy("app", ingress, plan.release !== undefined);
    if (plan.release) policy("release", [], false);
  }

  private disruptionBudget(name: string, { plan, platform }: AppArgs): void {
    new k8s.policy.v1.PodDisruptionBudget(
      `${name}-budget`,
      {
        metadata: { name: plan.name, namespace: platform.namespaces.apps, labels: appLabels(plan) },
        spec: { maxUnavailable: 1, selector: { matchLabels: podSelector(plan, "app") } },
      },
      { parent: this },
    );
  }
}

/** Seconds between a pod's removal from DNS and its SIGTERM: the edge's health checks notice meanwhile. */
const PRE_STOP_SECONDS = 5;

/** Pods of the edge. */
const EDGE_PODS = selector("edge", "haproxy");

/** Labels of the app's objects. */
const appLabels = (plan: AppPlan): Record<string, string> => labels("app", plan.name, plan.name);

/** Labels that select the app's pods, or those of its release. */
const podSelector = (plan: AppPlan, role: "app" | "release"): Record<string, string> =>
  selector(role, plan.name, plan.name);

/** Labels of a pod: what it is, and which services admit it. */
function podLabels(plan: AppPlan, role: "app" | "release"): Record<string, string> {
  return {
    ...labels(role, plan.name, plan.name),
    ...(plan.bindings.database && !plan.bindings.database.external && { [clientLabel("database")]: "true" }),
    ...(plan.bindings.database?.direct && { [clientLabel("database-members")]: "true" }),
    ...(plan.bindings.bucket && { [clientLabel("objects")]: "true" }),
  };
}

/** Another login, or other members, are another pod: environments are read once. */
const bindingAnnotations = (
  { bindings }: AppPlan,
  database: DatabaseBinding | undefined,
): Record<string, string> | undefined =>
  bindings.database && {
    "archipel.io/database-login": bindings.database.login,
    ...(database?.direct && { "archipel.io/database-members": shortHash(database.direct.hosts) }),
  };

function appContainer(
  { plan, platform }: AppArgs,
  secrets: k8s.types.input.core.v1.EnvVar[],
  mounts: MountPlan[],
): k8s.types.input.core.v1.Container {
  const bound = plan.bindings.database ?? plan.bindings.bucket;
  const probe = (path: string) => ({ httpGet: { path, port: "http" }, timeoutSeconds: 3 });
  return {
    ...restrictedContainer,
    name: "app",
    image: platform.images(plan.image),
    command: plan.command,
    ports: [{ name: "http", containerPort: plan.port }],
    env: [
      { name: "PORT", value: String(plan.port) },
      ...Object.entries(plan.env).map(([variable, value]) => ({ name: variable, value })),
      ...secrets,
    ],
    envFrom: bound ? [{ secretRef: { name: bindingSecretName(plan) } }] : [],
    resources: containerResources(plan.resources),
    startupProbe: { ...probe(plan.probes.startup), periodSeconds: 1, failureThreshold: plan.probes.startupSeconds },
    livenessProbe: { ...probe(plan.probes.liveness), periodSeconds: 10, failureThreshold: 3 },
    readinessProbe: { ...probe(plan.probes.readiness), periodSeconds: 5, failureThreshold: 2 },
    lifecycle: { preStop: { sleep: { seconds: PRE_STOP_SECONDS } } },
    volumeMounts: [{ name: "tmp", mountPath: "/tmp" }, caVolume(plan).mount, ...shareMounts(mounts)],
  };
}

function appPod({ plan, platform }: AppArgs, mounts: MountPlan[]): k8s.types.input.core.v1.PodSpec {
  return {
    ...restrictedPod(platform, "apps", plan.uid),
    containers: [],
    volumes: [memoryVolume("tmp", "64Mi"), caVolume(plan).volume, ...shareVolumes(mounts)],
  };
}
