import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { createMonitoring } from "../../components/monitoring/monitoring.ts";
import { WATCHDOG, type RuleGroup } from "../../components/monitoring/rules.ts";
import { monitoredOf } from "../../stacks/monitored.ts";
import type { SitePlan } from "../../stacks/plan.ts";
import { plan } from "../../stacks/topology.ts";
import { alarmCases, allRules } from "../cluster/alarms/rules.ts";
import { find, objectsOf, platform, type RequestedObject } from "./objectsOf.ts";
import { cephConfig, externalConfig, externalObjectsConfig, fullConfig, validConfig } from "./support.ts";

const runbooks = join(import.meta.dirname, "../../docs/runbooks");

/** The only site of a full config with this monitoring. */
const siteWith = (monitoring: object | undefined): SitePlan =>
  plan("test", validConfig({ ...fullConfig, "archipel:monitoring": monitoring })).sites[0]!;

const services = monitoredOf(siteWith({ kind: "operator" }), platform.namespaces);

/** What a site with a PostgreSQL that somebody else runs tells about itself. */
const external = monitoredOf(plan("test", validConfig(externalConfig)).sites[0]!, platform.namespaces);

/** What a site with an object store that somebody else runs, and a second copy, tells about itself. */
const externalObjects = monitoredOf(plan("test", validConfig(externalObjectsConfig)).sites[0]!, platform.namespaces);

/** What a site with a Ceph tells about itself. */
const ceph = monitoredOf(plan("test", validConfig(cephConfig)).sites[0]!, platform.namespaces);

const objectsWith = (monitoring: object): Promise<RequestedObject[]> =>
  objectsOf(() => createMonitoring("m", { plan: siteWith(monitoring).monitoring!, platform, services }, {}));

/** A file of the platform's own Prometheus. */
async function prometheusFile(name: string, more: object = {}): Promise<unknown> {
  const objects = await objectsWith({ kind: "prometheus", ...more });
  return parse(find(objects, "ConfigMap", "prometheus").data![name]!);
}

const alarms = async (): Promise<RuleGroup["rules"]> =>
  ((await prometheusFile("rules.yml")) as { groups: RuleGroup[] }).groups.flatMap(({ rules }) => rules);

describe("monitoring", () => {
  it("has a runbook for each alarm, and no other", async () => {
    const pages = readdirSync(runbooks).filter((page) => page !== "README.md");
    const names = [
      ...(await alarms()),
      ...[...external, ...externalObjects, ...ceph].flatMap(({ alerts }) => alerts),
    ].map((one) => ("alert" in one ? one.alert : one.name));
    assert.deepEqual([...new Set(names)].map((name) => `${name}.md`).toSorted(), pages.toSorted());
    for (const { alert, annotations } of await alarms()) {
      assert.equal((annotations as { runbook_url: string }).runbook_url, `docs/runbooks/${alert}.md`);
    }
  });

  it("has runbooks whose commands hold for every version of PostgreSQL", () => {
    for (const page of readdirSync(runbooks)) {
      assert.doesNotMatch(readFileSync(join(runbooks, page), "utf8"), /postgresql\/[0-9]/, page);
    }
  });

  it("tests of each alarm that it is raised, and when it is not", () => {
    const names = allRules().flatMap(({ rules }) => rules.map(({ alert }) => alert));
    const having = (what: "quiet" | "raised") => [
      ...new Set(alarmCases.filter((one) => one[what]).map(({ alarm }) => alarm)),
    ];
    assert.deepEqual(having("raised").toSorted(), names.toSorted());
    assert.deepEqual([...having("quiet"), WATCHDOG].toSorted(), names.toSorted());
  });

  it("asks a PostgreSQL that somebody else runs for what its alarms need, and for nothing of Patroni", () => {
    const { scrapes, alerts } = external.find(({ name }) => name === "database")!;
    assert.deepEqual(
      scrapes.map(({ job }) => job),
      ["postgres"],
    );
    assert.ok(alerts.length >= 4);
    assert.ok(alerts.every(({ expr }) => !/patroni_|pgbackrest_|pgbouncer_|job="(?!postgres")/.test(expr)));
  });

  it("raises the same alarms through the site's own Prometheus as through the platform's", async () => {
    const rule = find(await objectsWith({ kind: "operator" }), "PrometheusRule", "prometheus");
    assert.deepEqual(rule.spec, await prometheusFile("rules.yml"));
  });

  it("looks from outside at a store that somebody else runs, and at a second copy wherever there is one", () => {
    const alertsOf = (config: Record<string, unknown>): string[] =>
      monitoredOf(plan("test", validConfig(config)).sites[0]!, platform.namespaces)
        .filter(({ name }) => name === "objects-exporter")
        .flatMap(({ alerts }) => alerts.map(({ name }) => name));
    const copy = ["ObjectsCopyTooOld", "ObjectsCopyMissing", "ObjectsCopyUnseen"];
    const outside = externalObjectsConfig["archipel:objects"];
    const inside = { ...fullConfig["archipel:objects"], copy: outside.copy };
    assert.deepEqual(alertsOf(externalObjectsConfig), ["ObjectBucketUnreachable", ...copy]);
    assert.deepEqual(alertsOf({ ...fullConfig, "archipel:objects": inside }), copy);
    assert.deepEqual(alertsOf(fullConfig), []);
    const alone = { ...externalObjectsConfig, "archipel:objects": { ...outside, copy: "none" } };
    assert.deepEqual(alertsOf(alone), ["ObjectBucketUnreachable"]);
  });

  it("asks only for metrics of jobs that are read", async () => {
    const { scrape_configs } = (await prometheusFile("prometheus.yml")) as { scrape_configs: { job_name: string }[] };
    const jobs = scrape_configs.map(({ job_name }) => job_name);
    assert.equal(new Set(jobs).size, jobs.length);
    const asked = (await alarms()).flatMap(({ expr }) => [...expr.matchAll(/job="([^"]+)"/g)].map((one) => one[1]!));
    assert.ok(asked.length > 5);
    assert.deepEqual(
      asked.filter((job) => !jobs.includes(job)),
      [],
    );
  });

  it("reads every service that has metrics, in both kinds", async () => {
    const monitors = (await objectsWith({ kind: "operator" })).filter(({ kind }) => kind === "PodMonitor");
    const { scrape_configs } = (await prometheusFile("prometheus.yml")) as { scrape_configs: { job_name: string }[] };
    const jobs = ["edge", "etcd", "minio", "patroni", "pooler", "pooler-read", "postgres"];
    const expected = [...jobs, "postgres-backup-offsite", "postgres-backup-site", "postgres-volume"].toSorted();
    assert.deepEqual(monitors.map(({ metadata }) => metadata.name).toSorted(), expected);
    assert.deepEqual(
      scrape_configs.map(({ job_name }) => job_name).toSorted(),
      [...expected, "certificates"].toSorted(),
    );
  });

  it("hands alarms to the Alertmanagers of config", async () => {
    const more = { alertmanagers: [{ host: "alerts.example.org" }] };
    const { alerting } = (await prometheusFile("prometheus.yml", more)) as { alerting: object };
    const targets = ["alerts.example.org:9093"];
    assert.deepEqual(alerting, { alertmanagers: [{ scheme: "https", static_configs: [{ targets }] }] });
  });
});
