import type { types } from "@pulumi/kubernetes";
import type { EdgePlan } from "../../stacks/plan.ts";
import { selector } from "../labels.ts";
import type { Platform } from "../platform.ts";
import {
  containerResources,
  memoryVolume,
  restrictedContainer,
  platformPod,
  smallResources,
  spreadPods,
  withInit,
} from "../pod.ts";
import { HTTP_PORT, HTTPS_PORT, STATUS_PORT, tcpRoutes } from "./edgePorts.ts";
import { CONFIG_FOLDER, RUN_FOLDER } from "./haproxyConfig.ts";

type PodSpec = types.input.core.v1.PodSpec;
type Container = types.input.core.v1.Container;

/** User of the image. */
const HAPROXY_UID = 10004;
/** Seconds between a pod's removal from the load balancer and its last new connection. */
const LEAVE_SECONDS = 5;
/** Seconds that a stop may take beyond the drain. */
const STOP_SECONDS = 5;

/** Labels that select the edge's pods. */
export const edgeSelector = selector("edge", "haproxy");

/** Arguments of edgePod. */
export interface EdgePodArgs {
  /** The edge. */
  plan: EdgePlan;
  /** Where it stands. */
  platform: Platform;
  /** ConfigMap with HAProxy's files. */
  configMap: string;
}

/** A pod of the edge: HAProxy checks its configuration, then serves it. */
export function edgePod({ plan, platform, configMap }: EdgePodArgs): PodSpec {
  const base: Pick<Container, "image" | "securityContext" | "volumeMounts"> = {
    ...restrictedContainer,
    image: platform.images("haproxy"),
    volumeMounts: [
      { name: "config", mountPath: CONFIG_FOLDER, readOnly: true },
      { name: "tls", mountPath: `${CONFIG_FOLDER}/tls`, readOnly: true },
      ...(needsSiteCa(plan) ? [{ name: "site-ca", mountPath: `${CONFIG_FOLDER}/site-ca`, readOnly: true }] : []),
      { name: "run", mountPath: RUN_FOLDER },
    ],
  };
  return {
    ...platformPod(platform, "edge", HAPROXY_UID),
    ...spreadRevisions(plan),
    terminationGracePeriodSeconds: LEAVE_SECONDS + plan.drainSeconds + STOP_SECONDS,
    initContainers: [
      {
        ...base,
        name: "check",
        command: ["haproxy", "-c", "-f", `${CONFIG_FOLDER}/haproxy.cfg`],
        resources: containerResources(smallResources),
      },
    ],
    containers: [{ ...base, ...haproxyContainer(plan) }],
    volumes: edgeVolumes(plan, configMap),
  };
}

function haproxyContainer(plan: EdgePlan): Omit<Container, "image"> {
  const probe = { httpGet: { path: "/healthz", port: STATUS_PORT }, timeoutSeconds: 2 };
  return {
    name: "haproxy",
    command: withInit("haproxy-start"),
    ports: [
      { name: "http", containerPort: HTTP_PORT },
      { name: "https", containerPort: HTTPS_PORT },
      { name: "status", containerPort: STATUS_PORT },
      ...tcpRoutes(plan.tcp).map(({ containerPort }) => ({ name: `tcp-${containerPort}`, containerPort })),
    ],
    resources: containerResources(plan.resources),
    startupProbe: { ...probe, periodSeconds: 1, failureThreshold: 30 },
    livenessProbe: { ...probe, periodSeconds: 10, failureThreshold: 3 },
    readinessProbe: { ...probe, periodSeconds: 2, failureThreshold: 2 },
    // Kubernetes takes a pod that it ends out of the load balancer at once, but not everywhere at the same moment.
    lifecycle: { preStop: { sleep: { seconds: LEAVE_SECONDS } } },
  };
}

/** Whether HAProxy talks to servers whose certificates are of the site's CA: Patroni, the object store. */
const needsSiteCa = (plan: EdgePlan): boolean =>
  plan.objects !== undefined || plan.tcp.some((route) => route.to === "database-primary");

/** Every file under the name that HAProxy expects: it looks for a certificate's key in a file of the same name and .key. */
function edgeVolumes(plan: EdgePlan, configMap: string): types.input.core.v1.Volume[] {
  const tls = [
    { key: "tls.crt", path: "edge.pem" },
    { key: "tls.key", path: "edge.pem.key" },
  ];
  const ca = [{ key: "ca.crt", path: "ca.crt" }];
  return [
    { name: "config", configMap: { name: configMap } },
    { name: "tls", secret: { secretName: plan.certificate, defaultMode: 0o440, items: tls } },
    ...(needsSiteCa(plan) ? [{ name: "site-ca", secret: { secretName: plan.clientCertificate, items: ca } }] : []),
    memoryVolume("run", "16Mi"),
  ];
}

/**
 * Keeps the pods of one revision apart. A new revision's pods may stand beside the old one's: they start before the old
 * ones go, and there need not be a free node.
 */
function spreadRevisions(plan: EdgePlan): Pick<PodSpec, "affinity" | "topologySpreadConstraints"> {
  if (plan.spread !== "required") return spreadPods(plan.spread, edgeSelector);
  const term = {
    labelSelector: { matchLabels: edgeSelector },
    matchLabelKeys: ["pod-template-hash"],
    topologyKey: "kubernetes.io/hostname",
  };
  return {
    ...spreadPods(plan.spread, edgeSelector),
    affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } },
  };
}
