import assert from "node:assert/strict";
import { describeAlarms, type JudgedRule } from "../../cli/status/alarms.ts";
import { describeCopy } from "../../cli/status/objectsCopy.ts";
import { describeVolumes, type Claim } from "../../cli/status/volumes.ts";
import { describeTroubles, parseGaps, type DatabaseFacts } from "../../cli/status/database.ts";
import { plan } from "../../stacks/topology.ts";
import { externalObjectsConfig, fullConfig, validConfig } from "./support.ts";

const [site] = plan("geo", validConfig(fullConfig)).sites;
const place = { database: site!.database!, namespace: "geo-site1-data", primary: "pg-0" };
const proven = { backupHours: 10, proofHours: 20, problem: null, missing: 0 };
const fine: DatabaseFacts = {
  streaming: 2,
  archiveFails: false,
  waiting: 1,
  repositories: { site: proven, offsite: proven },
};

describe("a database's status", () => {
  it("has nothing to say where replicas follow, WAL is archived and restores are proven", () => {
    assert.deepEqual(describeTroubles(fine, place), []);
  });

  it("names what is wrong, each with what to look at", () => {
    const site = { proofHours: 20, missing: 0, problem: "it lacks rows, or all, of notes: public.note" };
    const repositories = { site, offsite: { backupHours: 50.5, proofHours: 49.5, problem: null, missing: 0 } };
    const troubles = describeTroubles({ streaming: 1, archiveFails: true, waiting: 9, repositories }, place);
    assert.equal(troubles.length, 6);
    assert.match(troubles[0]!, /^1 of 2 replicas follow; .*patronictl list$/);
    assert.match(troubles[1]!, /^a repository takes no WAL, 9 segments wait/);
    assert.match(troubles[2]!, /^repository site cannot be read, or has no backup; see: /);
    assert.match(
      troubles[3]!,
      /^the newest restore from repository site was not proven: it lacks rows, .*public\.note;/,
    );
    assert.match(troubles[4]!, /^the newest backup in repository offsite is 50 hours old \(limit: 48\)/);
    assert.match(troubles[5]!, /^no restore from repository offsite was proven for 49 hours \(limit: 48\)/);
    for (const trouble of troubles) assert.match(trouble, /kubectl --namespace geo-site1-data /);
  });
});

describe("a gap in a repository", () => {
  it("is said with the repository, its size and how it ends", () => {
    const { 2: missing } = parseGaps("1 0 -\n2 7 000000010000003A\n");
    const [trouble, ...others] = describeTroubles(
      { ...fine, repositories: { site: proven, offsite: { ...proven, missing: missing! } } },
      place,
    );
    assert.deepEqual(others, []);
    assert.match(trouble!, /^repository offsite lacks 7 WAL segments .*--from=cronjob\/pg-backup-diff/);
  });

  it("is unknown where the repository cannot be read, or has no backup yet", () => {
    assert.deepEqual(parseGaps("2 unreadable\n"), {});
    assert.deepEqual(parseGaps(""), {});
  });
});

describe("volumes in a status", () => {
  const claim = (storage: string, status?: Claim["status"]): Claim => ({
    ...{ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "pg-0", namespace: "s-site1-data" } },
    ...{ spec: { resources: { requests: { storage } } }, status },
  });

  it("are named where their driver has not grown them yet, with what it said", () => {
    const message = "no space in the pool";
    const failed = { capacity: { storage: "2147483648" }, conditions: [{ type: "ControllerResizeError", message }] };
    assert.deepEqual(describeVolumes([claim("3Gi", failed)]), [
      "pg-0 has 2147483648, and its driver has yet to make it 3Gi; ControllerResizeError: no space in the pool; " +
        "see: kubectl --namespace s-site1-data describe persistentvolumeclaim pg-0",
    ]);
  });

  it("have nothing to say where they are as large as they should be, or larger, or not there yet", () => {
    for (const status of [{ capacity: { storage: "3Gi" } }, { capacity: { storage: "4G" } }, {}, undefined]) {
      assert.deepEqual(describeVolumes([claim("3Gi", status)]), []);
    }
  });
});

describe("the second copy of objects in a status", () => {
  const [site] = plan("s", validConfig(externalObjectsConfig)).sites;
  const now = new Date("2026-11-24T12:00:00Z");
  const say = (last?: string) =>
    describeCopy(
      { metadata: { creationTimestamp: "2026-11-20T12:00:00Z" }, status: { lastSuccessfulTime: last } },
      { stack: "geo", copy: site!.objects!.copy!, namespace: "data", now },
    );

  it("is fine while it is young enough", () => assert.deepEqual(say("2026-11-23T11:00:00Z"), []));

  it("names what to look at when the newest is too old, or there was none", () => {
    assert.match(say("2026-11-23T09:00:00Z").join(), /succeeded last 27 hours ago \(limit: 26\); see: kubectl/);
    assert.match(say().join(), /never succeeded in 96 hours .*by hand: archipel objects copy geo$/);
  });
});

describe("alarms in a status", () => {
  const rule = (name: string, state?: "pending" | "firing"): JudgedRule => ({
    name,
    health: "ok",
    alerts: state
      ? [{ annotations: { summary: `It is ${name}`, runbook_url: `docs/runbooks/${name}.md` }, state }]
      : [],
  });

  it("are those that are raised, each with its runbook", () => {
    const rules = [rule("Watchdog", "firing"), rule("EdgeErrors", "pending"), rule("TargetDown")];
    assert.deepEqual(describeAlarms(rules), []);
    assert.deepEqual(describeAlarms([...rules, rule("EtcdNoLeader", "firing")]), [
      "It is EtcdNoLeader; see docs/runbooks/EtcdNoLeader.md",
    ]);
  });

  it("name a rule that cannot be judged", () => {
    const broken: JudgedRule = { ...rule("EdgeErrors"), health: "err", lastError: "many-to-many matching" };
    assert.deepEqual(describeAlarms([broken]), ["EdgeErrors cannot be judged: many-to-many matching"]);
  });
});
