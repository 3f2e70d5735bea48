import { serviceHost } from "../../stacks/names.ts";
import type { EdgePlan } from "../../stacks/plan.ts";
import { inNamespace, type Monitored } from "../monitoring/monitored.ts";
import { edgeSelector } from "./edgePod.ts";
import { HTTPS_PORT, STATUS_PORT } from "./edgePorts.ts";

const JOB = "edge";

/** Name of the headless Service by which the edge's pods are found one by one. */
export const edgePods = (plan: EdgePlan): string => `${plan.name}-pods`;

/** What is read of the edge, and what must not be. */
export function edgeMonitored(plan: EdgePlan, namespace: string): Monitored {
  const own = `${inNamespace(namespace)},job="${JOB}"`;
  const pods = { namespace, podLabels: edgeSelector };
  const answers = (code: string) => `sum by (proxy) (rate(haproxy_backend_http_responses_total{${own}${code}}[5m]))`;
  return {
    name: "edge",
    scrapes: [
      {
        ...pods,
        job: JOB,
        hosts: [serviceHost(edgePods(plan), namespace)],
        port: { name: "status", number: STATUS_PORT },
      },
    ],
    tlsServers: [{ ...pods, host: serviceHost(plan.name, namespace), port: 443, podPort: HTTPS_PORT }],
    alerts: [
      {
        name: "EdgeBackendDown",
        expr: `max by (proxy) (haproxy_backend_active_servers{${own},proxy!="not_found"}) == 0`,
        for: "1m",
        severity: "page",
        summary: "No server answers behind {{ $labels.proxy }}: its users see errors",
      },
      {
        name: "EdgeErrors",
        expr: `${answers(',code="5xx"')} / ${answers("")} > 0.05`,
        for: "5m",
        severity: "ticket",
        summary: "{{ $value | humanizePercentage }} of the answers of {{ $labels.proxy }} are errors",
      },
    ],
    panels: [
      { title: "Answers of the edge", unit: "reqps", expr: answers(""), legend: "{{proxy}}" },
      { title: "Errors of the edge", unit: "reqps", expr: answers(',code="5xx"'), legend: "{{proxy}}" },
      {
        title: "Servers behind the edge",
        unit: "short",
        expr: `min by (proxy) (haproxy_backend_active_servers{${own}})`,
        legend: "{{proxy}}",
      },
    ],
  };
}
