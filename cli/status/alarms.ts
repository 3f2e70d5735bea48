import { WATCHDOG } from "../../components/monitoring/rules.ts";
import type { SitePlan } from "../../stacks/plan.ts";
import { KubectlError, type Kubectl } from "../kubectl.ts";
import { askPrometheus } from "../site/prometheus.ts";

/** A rule as Prometheus tells it. */
export interface JudgedRule {
  /** Name of the alarm. */
  name: string;
  /** `unknown`: not judged yet. */
  health: "ok" | "err" | "unknown";
  /** Why it cannot be judged. */
  lastError?: string;
  /** Its alarms; `pending`: not for long enough yet. */
  alerts: { annotations: { summary: string; runbook_url: string }; state: "pending" | "firing" }[];
}

/** What the platform's own Prometheus raises alarms about, each with its runbook; empty where the site has none of its own. */
export async function raisedAlarms({ monitoring, namespaces }: SitePlan, kubectl: Kubectl): Promise<string[]> {
  if (monitoring?.kind !== "prometheus") return [];
  const pod = `${monitoring.name}-0`;
  const place = { kubectl, namespace: namespaces.data.name, pod };
  try {
    const { groups } = await askPrometheus<{ groups: { rules: JudgedRule[] }[] }>(place, "rules", { type: "alert" });
    return describeAlarms(groups.flatMap(({ rules }) => rules));
  } catch (error) {
    if (error instanceof KubectlError) return [`${pod} does not answer: ${error.message}`];
    throw error;
  }
}

/** Alarms in words, without the one that is always raised. */
export const describeAlarms = (rules: JudgedRule[]): string[] =>
  rules
    .filter(({ name }) => name !== WATCHDOG)
    .flatMap(({ name, health, lastError, alerts }) =>
      health === "err"
        ? [`${name} cannot be judged: ${lastError}`]
        : alerts
            .filter(({ state }) => state === "firing")
            .map(({ annotations: { summary, runbook_url } }) => `${summary}; see ${runbook_url}`),
    );
