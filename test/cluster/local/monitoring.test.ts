import assert from "node:assert/strict";
import { stringify } from "yaml";
import { askPrometheus, type PrometheusPlace } from "../../../cli/site/prometheus.ts";
import { dashboard } from "../../../components/monitoring/dashboard.ts";
import type { RuleGroup } from "../../../components/monitoring/rules.ts";
import { minioOf } from "../../../stacks/objectsPlan.ts";
import { monitoredOf } from "../../../stacks/monitored.ts";
import { allRules, promtoolTests } from "../alarms/rules.ts";
import { eventually } from "../eventually.ts";
import { samples, type Sample } from "../samples.ts";
import { localStack, needsSandbox, troubles, type LocalStack } from "../support.ts";

/** Prometheus reads every 15 seconds, and a rate needs two readings; repositories are looked at every two minutes. */
const SECONDS = 180;

describe("monitoring of the local stack", function () {
  this.timeout(1_200_000);
  let stack: LocalStack;

  before(async function () {
    needsSandbox(this);
    stack = await localStack();
  });

  const place = (): PrometheusPlace => ({ kubectl: stack.kubectl, namespace: stack.namespaces.data });

  const query = (text: string): Promise<Sample[]> => samples(place(), text);

  const rules = async (): Promise<
    (RuleGroup["rules"][number] & { query: string; health: string; state: string })[]
  > => {
    const { groups } = await askPrometheus<{ groups: { rules: never[] }[] }>(place(), "rules");
    return groups.flatMap((group) => group.rules);
  };

  const promtool = (args: string[], input = ""): Promise<string> =>
    stack.kubectl.run(
      ["exec", "--stdin", "prometheus-0", "--namespace", stack.namespaces.data, "--", "promtool", ...args],
      input,
    );

  it("reads every pod of every service, with TLS where it has some", async () => {
    const { members, pooler } = stack.site.database!;
    const expected = {
      "app-notes": stack.site.apps[0]!.replicas,
      // Of members and voters, of the store's servers, of the poolers and the edge.
      certificates: 2 * members.length + minioOf(stack.site.objects)!.servers.length + 2,
      edge: stack.site.edge!.replicas,
      etcd: stack.site.dcs!.members.length,
      minio: minioOf(stack.site.objects)!.servers.length,
      patroni: members.length,
      pooler: pooler.replicas,
      "pooler-read": pooler.replicas,
      postgres: members.length,
      "postgres-backup-site": members.length,
      "postgres-volume": members.length,
    };
    await eventually(SECONDS, async () => {
      const up = await query("sum by (job) (up)");
      const found = Object.fromEntries(up.map(({ metric, value }) => [metric["job"], Number(value[1])]));
      assert.deepEqual(found, expected);
      assert.deepEqual(await query("probe_success == 0"), []);
    });
  });

  it("has metrics for each of its alarms and graphs", async () => {
    const panels = monitoredOf(stack.site, stack.namespaces).flatMap((one) => one.panels);
    const texts = [...(await rules()).map((rule) => rule.query), ...panels.map(({ expr }) => expr)];
    const selectors = new Set(texts.flatMap((text) => text.match(/[a-z0-9_]+\{[^}]*\}/g) ?? []));
    assert.ok(selectors.size > 30, String(selectors.size));
    await eventually(SECONDS, async () => {
      const empty: string[] = [];
      for (const one of selectors) if ((await query(`count(${one})`)).length === 0) empty.push(one);
      assert.deepEqual(empty, []);
    });
    await eventually(SECONDS, async () => {
      const empty: string[] = [];
      for (const { expr } of panels) if ((await query(expr)).length === 0) empty.push(expr);
      assert.deepEqual(empty, []);
    });
    const { panels: drawn } = dashboard("local", monitoredOf(stack.site, stack.namespaces)) as { panels: unknown[] };
    assert.ok(drawn.length > panels.length);
  });

  it("raises no alarm but the one that is always raised while all is fine", async () => {
    await eventually(SECONDS, async () => {
      const judged = await rules();
      assert.deepEqual([...new Set(judged.map(({ health }) => health))], ["ok"]);
      const raised = judged.filter(({ state }) => state === "firing").map((rule) => (rule as { name?: string }).name);
      assert.deepEqual(raised, ["Watchdog"]);
    });
    assert.deepEqual(await troubles(), []);
  });

  it("raises alarms when, and only when, they are due", async () => {
    const pod = ["exec", "--stdin", "prometheus-0", "--namespace", stack.namespaces.data, "--", "sh", "-c"];
    const rulesFile = "/tmp/alarm-rules.yml";
    await stack.kubectl.run([...pod, `cat > ${rulesFile}`], stringify({ groups: allRules() }));
    const test = "cat > /tmp/alarms.yml && promtool test rules /tmp/alarms.yml";
    assert.match(await stack.kubectl.run([...pod, test], promtoolTests(rulesFile)), /SUCCESS/);
    assert.match(await promtool(["check", "config", "/etc/monitoring/prometheus.yml"]), /SUCCESS/);
  });

  it("notices a member that is gone", async () => {
    const member = stack.site.database!.members[2]!.name;
    const scale = (replicas: number) =>
      stack.kubectl.run([
        ...["scale", "statefulset", member, "--namespace", stack.namespaces.data],
        `--replicas=${replicas}`,
      ]);
    await scale(0);
    try {
      await eventually(SECONDS, async () => {
        const pending = await query(`ALERTS{alertname="PostgresMemberDown",member="${member}"}`);
        assert.equal(pending.length, 1);
      });
    } finally {
      await scale(1);
      await stack.kubectl.run([
        ...["rollout", "status", `statefulset/${member}`, "--namespace", stack.namespaces.data, "--timeout=300s"],
      ]);
    }
  });
});
