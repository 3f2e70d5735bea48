import { jobAnnotations } from "../job.ts";
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { containerResources, restrictedContainer, smallResources } from "../pod.ts";

type PodSpec = k8s.types.input.core.v1.PodSpec;
type Container = k8s.types.input.core.v1.Container;

/** User of the tools image. */
const TOOLS_UID = 10005;

/** Arguments of releaseJob. */
export interface ReleaseJobArgs {
  /** Name of the Job: app and hash of the release. */
  job: string;
  /** Namespace of the app. */
  namespace: string;
  /** Labels of the Job and its pod. */
  labels: Record<string, string>;
  /** The app's container, with image, environment and mounts. */
  container: Container;
  /** The app's pod settings: volumes, pull secrets, priority. */
  pod: PodSpec;
  /** Command of the release. */
  command: string[];
  /** Seconds that it may take. */
  timeoutSeconds: number;
}

/** A Job that runs once for each release, before its rollout. It is kept: the rollout's pods look at it. */
export function releaseJob(name: string, args: ReleaseJobArgs, opts: pulumi.CustomResourceOptions): k8s.batch.v1.Job {
  const { job, namespace, labels, container, pod, command, timeoutSeconds } = args;
  const {
    livenessProbe: _live,
    readinessProbe: _ready,
    startupProbe: _start,
    lifecycle: _cycle,
    ports: _ports,
    ...rest
  } = container;
  return new k8s.batch.v1.Job(
    name,
    {
      metadata: { name: job, namespace, labels, annotations: jobAnnotations },
      spec: {
        backoffLimit: 20,
        activeDeadlineSeconds: timeoutSeconds,
        template: {
          metadata: { labels },
          spec: { ...pod, restartPolicy: "OnFailure", containers: [{ ...rest, name: "release", command }] },
        },
      },
    },
    opts,
  );
}

/** Arguments of releaseGate. */
export interface ReleaseGateArgs {
  /** Job to wait for; the account is named after it, so that pods of the release before keep theirs. */
  job: string;
  /** Namespace of the app. */
  namespace: string;
  /** Labels of these. */
  labels: Record<string, string>;
  /** The tools image. */
  image: string;
}

/** What a pod needs to wait for its release. */
export interface ReleaseGate {
  /** Waits until the Job is complete. */
  initContainer: Container;
  /** The only volume with a token; only the init container mounts it. */
  volume: k8s.types.input.core.v1.Volume;
  /** ServiceAccount that may read this one Job and nothing else. */
  serviceAccountName: string;
}

/**
 * Makes pods wait for the release Job, whoever applies them and in whatever order: their init container watches the
 * Job with an account that may read this Job only.
 */
export function releaseGate(name: string, args: ReleaseGateArgs, opts: pulumi.CustomResourceOptions): ReleaseGate {
  const { job, namespace, labels, image } = args;
  const metadata = { name: job, namespace, labels };
  new k8s.core.v1.ServiceAccount(`${name}-account`, { metadata, automountServiceAccountToken: false }, opts);
  new k8s.rbac.v1.Role(
    `${name}-role`,
    {
      metadata,
      rules: [{ apiGroups: ["batch"], resources: ["jobs"], resourceNames: [job], verbs: ["get", "list", "watch"] }],
    },
    opts,
  );
  new k8s.rbac.v1.RoleBinding(
    `${name}-binding`,
    {
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: job },
      subjects: [{ kind: "ServiceAccount", name: job, namespace }],
    },
    opts,
  );
  return {
    serviceAccountName: job,
    volume: tokenVolume(),
    initContainer: {
      ...restrictedContainer,
      securityContext: {
        ...(restrictedContainer.securityContext as object),
        runAsUser: TOOLS_UID,
        runAsGroup: TOOLS_UID,
      },
      name: "wait-for-release",
      image,
      // kubectl wait gives up when the Job does not exist yet; the loop covers any order of creation.
      command: ["/bin/bash", "-c", WAIT, "wait", namespace, job],
      env: [{ name: "HOME", value: "/tmp" }],
      resources: containerResources(smallResources),
      volumeMounts: [
        { name: "release-token", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount", readOnly: true },
      ],
    },
  };
}

const WAIT = `until kubectl --namespace "$1" wait --for=condition=complete --timeout=60s "job/$2"; do
  echo "release job $2 is not complete yet"
  sleep 1
done`;

function tokenVolume(): k8s.types.input.core.v1.Volume {
  return {
    name: "release-token",
    projected: {
      sources: [
        { serviceAccountToken: { path: "token", expirationSeconds: 3600 } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        { downwardAPI: { items: [{ path: "namespace", fieldRef: { fieldPath: "metadata.namespace" } }] } },
      ],
    },
  };
}
