import assert from "node:assert/strict";
import { Etcd } from "../../components/dcs/etcd.ts";
import { everySchedule, snapshotGigabytes } from "../../components/dcs/maintenance.ts";
import { backendQuota } from "../../components/dcs/settings.ts";
import type { DcsPlan } from "../../stacks/plan.ts";
import { plan as planSites } from "../../stacks/topology.ts";
import { envOf, find, objectsOf, platform, podOf, type RequestedObject } from "./objectsOf.ts";
import { fullConfig, validConfig } from "./support.ts";

const plan = (dcs: object = {}): DcsPlan =>
  planSites("test", validConfig({ ...fullConfig, "archipel:dcs": dcs })).sites[0]!.dcs!;

const build = (dcs: object = {}): Promise<RequestedObject[]> =>
  objectsOf(() => {
    new Etcd("a-dcs", { plan: plan(dcs), platform });
  });

describe("DCS", () => {
  it("gives each voter a volume, a name and a place of its own", async () => {
    const objects = await build();
    for (const name of ["etcd-0", "etcd-1", "etcd-2"]) {
      const voter = find(objects, "StatefulSet", name);
      assert.equal(voter.spec.replicas, 1);
      const claims = podOf(voter).volumes.flatMap((one) => one.persistentVolumeClaim?.claimName ?? []);
      assert.deepEqual(claims, [name]);
      find(objects, "PersistentVolumeClaim", name);
      const { matchLabels } = voter.spec.selector!;
      assert.deepEqual(find(objects, "Service", name).spec.selector, matchLabels);
      assert.equal(matchLabels!["archipel.io/member"], name);
    }
  });

  it("knows peers by a name that only voters' certificates have", async () => {
    const { sites } = planSites("test", validConfig(fullConfig));
    // This test's platform and the plan's site have namespaces of other names.
    const name = envOf(find(await build(), "StatefulSet", "etcd-0"), "DCS_PEERS")!.replace(
      platform.namespaces.data,
      sites[0]!.namespaces.data.name,
    );
    const holders = sites[0]!.certificates.filter((one) => one.dnsNames.includes(name)).map((one) => one.secret);
    assert.deepEqual(holders, ["etcd-0-tls", "etcd-1-tls", "etcd-2-tls"]);
  });

  it("tells voters where they are only where each has a node of its own", async () => {
    const node = async (spread: DcsPlan["spread"]) => {
      const objects = await objectsOf(() => void new Etcd("a-dcs", { plan: { ...plan(), spread }, platform }));
      const { env } = podOf(find(objects, "StatefulSet", "etcd-0")).containers[0]!;
      return env?.some(({ name }) => name === "DCS_NODE");
    };
    assert.deepEqual([await node("required"), await node("preferred")], [true, false]);
  });

  it("gives the key of a certificate to voters only", async () => {
    for (const object of await build()) {
      if (object.kind !== "Job" && object.kind !== "CronJob") continue;
      const tls = podOf(object).volumes.find((one) => one.name === "tls")!;
      assert.deepEqual(tls.secret!.items, [{ key: "ca.crt", path: "ca.crt" }]);
    }
  });

  it("changes the client's user and keeps root's password before with a new generation", async () => {
    const etcd = (generation: number) => build({ generation });
    assert.deepEqual(Object.keys(find(await etcd(1), "Secret", "etcd-root").stringData!), ["password"]);
    const objects = await etcd(3);
    assert.deepEqual(find(objects, "Secret", "etcd-root").stringData, {
      password: "generated(a-dcs-root-3)",
      previous: "generated(a-dcs-root-2)",
    });
    const job = (list: RequestedObject[]) => list.find((one) => one.kind === "Job")!;
    assert.equal(envOf(job(objects), "DCS_GENERATION"), "3");
    assert.notEqual(job(objects).metadata.name, job(await etcd(1)).metadata.name);
  });

  it("tells clients where it is and as whom to come", async () => {
    let access: Etcd["access"] | undefined;
    await objectsOf(() => {
      access = new Etcd("a-dcs", { plan: plan({ generation: 2 }), platform }).access;
    });
    assert.equal(access!.hosts.length, 3);
    assert.match(access!.hosts[0]!, /^etcd-0\..*\.svc\.cluster\.local:2379$/);
    assert.equal(access!.username, "patroni-2");
    assert.deepEqual(access!.passwordSecret, { name: "etcd-patroni", key: "password" });
  });

  it("leaves room on the volume for a copy of the database and the log", () => {
    const log = 6 * 64 * 2 ** 20;
    assert.ok(3 * backendQuota("1Gi") + log < 2 ** 30);
    assert.equal(backendQuota("1Ti"), 2 * 2 ** 30);
  });

  it("has room for every snapshot that it keeps", () => {
    assert.equal(snapshotGigabytes("1Gi", 6), 1);
    assert.equal(snapshotGigabytes("1Gi", 100), 13);
  });

  it("repeats evenly", () => {
    assert.equal(everySchedule(5), "*/5 * * * *");
    assert.equal(everySchedule(60), "37 */1 * * *");
    assert.equal(everySchedule(480), "37 */8 * * *");
    assert.equal(everySchedule(1440), "37 2 * * *");
  });
});
