import { PROMETHEUS_PORT } from "../../components/monitoring/pods.ts";
import type { Kubectl } from "../kubectl.ts";

/** The platform's own Prometheus of a site. */
export interface PrometheusPlace {
  /** kubectl for the cluster. */
  kubectl: Kubectl;
  /** Namespace of its pod. */
  namespace: string;
  /** Name of its pod. Default: `prometheus-0`. */
  pod?: string;
}

/**
 * What Prometheus answers, through the API server.
 *
 * @param path of its HTTP API, below `/api/v1`.
 * @throws KubectlError where it does not answer.
 */
export async function askPrometheus<T>(
  { kubectl, namespace, pod = "prometheus-0" }: PrometheusPlace,
  path: string,
  parameters: Record<string, string> = {},
): Promise<T> {
  const server = `/api/v1/namespaces/${namespace}/pods/https:${pod}:${PROMETHEUS_PORT}/proxy`;
  const query = new URLSearchParams(parameters).toString();
  const answer = await kubectl.run(["get", "--raw", `${server}/api/v1/${path}?${query}`]);
  return (JSON.parse(answer) as { data: T }).data;
}
