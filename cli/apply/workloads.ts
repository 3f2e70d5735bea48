import { HOPELESS } from "../../components/job.ts";
import type { Kubectl } from "../kubectl.ts";
import type { KubernetesObject } from "../render/manifests.ts";

interface Condition {
  type: string;
  status: string;
  message?: string;
}

/** A Deployment, StatefulSet or Job as the cluster has it. */
export interface Workload extends KubernetesObject {
  spec: { replicas?: number; completions?: number };
  status?: {
    observedGeneration?: number;
    replicas?: number;
    updatedReplicas?: number;
    readyReplicas?: number;
    succeeded?: number;
    conditions?: Condition[];
  };
}

/** A pod as the cluster has it. */
export interface Pod extends KubernetesObject {
  status: {
    conditions?: Condition[];
    initContainerStatuses?: ContainerStatus[];
    containerStatuses?: ContainerStatus[];
  };
}

interface ContainerStatus {
  name: string;
  ready: boolean;
  restartCount: number;
  state: { waiting?: { reason: string; message?: string }; running?: object; terminated?: Termination };
  lastState?: { terminated?: Termination };
}

/** How a container ended; the message is what it said last. */
interface Termination {
  exitCode: number;
  message?: string;
  startedAt?: string;
}

/** Lines of what a container said last that are shown; of one that is hopeless all that stands in its way. */
const LAST_LINES = 2;
const LAST_LINES_OF_HOPELESS = 10;

/** Every workload of a cluster. */
export const listWorkloads = async (kubectl: Kubectl): Promise<Workload[]> =>
  (await kubectl.list(["deployments,statefulsets,jobs", "--all-namespaces"])) as Workload[];

/** Every pod of a cluster. */
export const listPods = async (kubectl: Kubectl): Promise<Pod[]> =>
  (await kubectl.list(["pods", "--all-namespaces"])) as Pod[];

/** Every pod that a Job has made: few, for whoever asks again and again. */
export const listJobPods = async (kubectl: Kubectl): Promise<Pod[]> =>
  (await kubectl.list(["pods", "--all-namespaces", "--selector", "batch.kubernetes.io/job-name"])) as Pod[];

/** Pods of a workload that are ready. */
export const readyCount = (live: Workload): number => live.status?.readyReplicas ?? 0;

/** Whether a live workload has reached what its spec asks for. */
export function isReady(live: Workload | undefined): boolean {
  if (!live?.status) return false;
  const { spec, status } = live;
  if (live.kind === "Job") return (status.succeeded ?? 0) >= (spec.completions ?? 1);
  const replicas = spec.replicas ?? 1;
  const { generation } = live.metadata as { generation?: number };
  return (
    status.observedGeneration === generation &&
    readyCount(live) >= replicas &&
    (status.updatedReplicas ?? 0) >= replicas &&
    (status.replicas ?? 0) === replicas
  );
}

/** Whether a Job has given up. */
export const hasFailed = (live: Workload): boolean =>
  live.kind === "Job" && (live.status?.conditions ?? []).some((one) => one.type === "Failed" && one.status === "True");

/** Whether two objects are one and the same. */
export const sameObject = (a: KubernetesObject, b: KubernetesObject): boolean =>
  a.kind === b.kind && a.metadata.name === b.metadata.name && a.metadata.namespace === b.metadata.namespace;

/** A workload's pods among others. */
export const podsOf = ({ metadata }: KubernetesObject, pods: Pod[]): Pod[] =>
  pods.filter(
    (pod) => pod.metadata.namespace === metadata.namespace && pod.metadata.name.startsWith(`${metadata.name}-`),
  );

/** Ends of a pod's containers, with the one before where a container was started again. */
const endings = ({ status }: Pod): Termination[] =>
  [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].flatMap(({ state, lastState }) =>
    [state.terminated, lastState?.terminated].filter((one) => one !== undefined),
  );

/** Whether a container of a pod has failed, be it that another try is under way. */
export const triedBefore = (pod: Pod): boolean => endings(pod).some(({ exitCode }) => exitCode !== 0);

/**
 * Whether a container of a pod ended so that no other try can help, and waits for one.
 *
 * @param since milliseconds of the clock from which on that try must have begun. Default: whenever.
 */
export const cannotStart = ({ status }: Pod, since?: number): boolean =>
  (status.containerStatuses ?? []).some(
    ({ state, lastState }) =>
      !state.running &&
      [state.terminated, lastState?.terminated].some(
        (one) => one?.exitCode === HOPELESS && (since === undefined || Date.parse(one.startedAt ?? "") > since),
      ),
  );

/** What a container that failed said before. */
function lastWords({ name, state, lastState }: ContainerStatus): string[] {
  const { exitCode, message = "" } = state.terminated ?? lastState?.terminated ?? { exitCode: 0 };
  if (exitCode === 0) return [];
  const shown = exitCode === HOPELESS ? LAST_LINES_OF_HOPELESS : LAST_LINES;
  const lines = message.trim().split("\n").slice(-shown).filter(Boolean);
  return lines.map((line) => `${name} said: ${line}`);
}

/** Why a pod is not ready, in the words of the cluster. */
export function podTroubles({ status }: Pod): string[] {
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const waiting = containers.flatMap((one) => {
    const state = one.state.waiting;
    if (state && state.reason !== "PodInitializing")
      return [`${one.name}: ${state.reason} ${state.message ?? ""}`.trim(), ...lastWords(one)];
    // Another try that does not help either may be under way.
    if (one.lastState?.terminated?.exitCode === HOPELESS) return lastWords(one);
    if (one.ready || one.state.terminated?.exitCode === 0) return [];
    if (one.restartCount > 0) return [`${one.name}: restarted ${one.restartCount} times`, ...lastWords(one)];
    return one.state.running ? [`${one.name}: runs, but is not ready`, ...lastWords(one)] : lastWords(one);
  });
  const unscheduled = (status.conditions ?? [])
    .filter((one) => one.type === "PodScheduled" && one.status === "False")
    .map((one) => one.message ?? "not scheduled");
  return [...unscheduled, ...waiting];
}
