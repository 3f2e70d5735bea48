import type { AppPlan } from "../../stacks/plan.ts";
import { selector } from "../labels.ts";
import type { Monitored } from "../monitoring/monitored.ts";

/** Where the metrics of the apps are that have some. */
export function appsMonitored(apps: AppPlan[], namespace: string): Monitored {
  return {
    name: "apps",
    scrapes: apps
      .filter(({ metricsPath }) => metricsPath !== undefined)
      .map(({ name, host, port, metricsPath }) => ({
        job: `app-${name}`,
        namespace,
        podLabels: selector("app", name, name),
        hosts: [host],
        port: { name: "http", number: port },
        path: metricsPath,
      })),
    alerts: [],
    panels: [],
  };
}
