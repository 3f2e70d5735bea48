import type { Alert, Monitored } from "./monitored.ts";

/** One group of alerting rules, as Prometheus and its operator both write it. */
export interface RuleGroup {
  /** Name of the service. */
  name: string;
  /** Its rules. */
  rules: { alert: string; expr: string; for: string; labels: object; annotations: object }[];
}

/** Name of the alarm that is always raised. */
export const WATCHDOG = "Watchdog";

/**
 * What is watched whatever the services are.
 *
 * @param namespaces those of the services: a Prometheus of the site's own watches others too.
 */
const watched = (namespaces: string[]): Alert[] => [
  {
    name: "TargetDown",
    expr: `up{namespace=~"${namespaces.join("|")}"} == 0`,
    for: "5m",
    severity: "ticket",
    summary: "{{ $labels.job }} at {{ $labels.instance }} does not give its metrics: it is down or cannot be reached",
  },
  {
    name: WATCHDOG,
    expr: "vector(1)",
    for: "0s",
    severity: "ticket",
    summary: "Always raised: whoever gets alarms and misses this one knows that the way to them is broken",
  },
];

/** The rules of all services. */
export function ruleGroups(services: Monitored[], runbooks: string): RuleGroup[] {
  const namespaces = [...new Set(services.flatMap(({ scrapes }) => scrapes.map(({ namespace }) => namespace)))];
  const groups = [...services, { name: "monitoring", alerts: watched(namespaces) }];
  return groups
    .filter(({ alerts }) => alerts.length > 0)
    .map(({ name, alerts }) => ({ name, rules: alerts.map((alert) => rule(alert, runbooks)) }));
}

const rule = (
  { name, expr, for: duration, severity, summary }: Alert,
  runbooks: string,
): RuleGroup["rules"][number] => ({
  alert: name,
  expr,
  for: duration,
  labels: { severity },
  annotations: { summary, runbook_url: `${runbooks.replace(/\/$/, "")}/${name}.md` },
});
