import { stringify } from "yaml";
import { ruleGroups, type RuleGroup } from "../../../components/monitoring/rules.ts";
import { certificatesMonitored } from "../../../components/monitoring/prober.ts";
import { monitoredOf } from "../../../stacks/monitored.ts";
import { plan } from "../../../stacks/topology.ts";
import { cephConfig, externalConfig, externalObjectsConfig, fullConfig, validConfig } from "../../unit/support.ts";
import type { AlarmCase } from "./alarmCase.ts";
import { backupCases } from "./backups.ts";
import { memberCases } from "./database.ts";
import { externalCases } from "./external.ts";
import { cephCases, copyCases, minioCases } from "./objects.ts";
import { certificateCases, commonCases, dcsCases, edgeCases } from "./platform.ts";

/** Namespace of everything in these tests. */
const NAMESPACE = "data";

/** Every case of an alarm. */
export const alarmCases: AlarmCase[] = [
  ...memberCases,
  ...backupCases,
  ...externalCases,
  ...dcsCases,
  ...certificateCases,
  ...edgeCases,
  ...minioCases,
  ...cephCases,
  ...copyCases,
  ...commonCases,
];

/** The rules of all that the schemas know, each alarm once. */
export function allRules(): RuleGroup[] {
  const namespaces = { data: NAMESPACE, apps: NAMESPACE, edge: NAMESPACE, system: NAMESPACE };
  const seen = new Set<string>();
  const objects = externalObjectsConfig["archipel:objects"];
  const withCopy = {
    ...externalObjectsConfig,
    "archipel:objects": { ...objects, copy: { ...objects.copy, maxAgeHours: 2 } },
  };
  return [fullConfig, externalConfig, withCopy, cephConfig].flatMap((config, index) => {
    const site = plan("test", validConfig(config)).sites[0]!;
    const certificates = certificatesMonitored(site.monitoring!.lifetimeHours, NAMESPACE);
    return ruleGroups([...monitoredOf(site, namespaces), certificates], "docs/runbooks").map((group) => ({
      name: `${group.name}-${index}`,
      rules: group.rules.filter(({ alert }) => !seen.has(alert) && seen.add(alert)),
    }));
  });
}

/** What promtool is to test, as its file: each case by itself, so that no series of one is in another. */
export function promtoolTests(rulesFile: string): string {
  const severities = new Map(
    allRules().flatMap(({ rules }) => rules.map(({ alert, labels }) => [alert, labels] as const)),
  );
  const expected = (alarm: string, { labels, says }: NonNullable<AlarmCase["raised"]>["as"][number]): object => ({
    exp_labels: { ...severities.get(alarm), ...labels },
    exp_annotations: { summary: says, runbook_url: `docs/runbooks/${alarm}.md` },
  });
  const tests = alarmCases.map(({ alarm, when, series, quiet = [], raised }) => ({
    name: `${alarm}: ${when}`,
    interval: "1m",
    input_series: Object.entries(series).map(([name, values]) => ({
      series: name.includes("namespace=") ? name : name.replace("{", `{namespace="${NAMESPACE}",`),
      values,
    })),
    alert_rule_test: [
      ...quiet.map((eval_time) => ({ alertname: alarm, eval_time, exp_alerts: [] })),
      ...(raised
        ? [{ alertname: alarm, eval_time: raised.at, exp_alerts: raised.as.map((one) => expected(alarm, one)) }]
        : []),
    ],
  }));
  return stringify({ rule_files: [rulesFile], evaluation_interval: "1m", tests });
}
