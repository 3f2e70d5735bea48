import assert from "node:assert/strict";
import type { Resource } from "../../cli/render/evaluate.ts";
import { evaluateRaw, objectsOf, podTemplates, rawConfig } from "./support.ts";

// No engine for NetworkPolicies runs in the sandbox. These tests only compute who may talk to whom from the rendered
// policies; that a cluster enforces them is the cluster's business.

type Labels = Record<string, string>;

interface Peer {
  namespaceSelector?: { matchLabels?: Labels };
  podSelector?: { matchLabels?: Labels };
}

interface Rule {
  from?: Peer[];
  to?: Peer[];
  ports?: { port: number; protocol: string }[];
}

interface Policy {
  namespace: string;
  podLabels: Labels;
  types: string[];
  ingress: Rule[];
  egress: Rule[];
}

interface Pods {
  /** Name that the tests use: component of the app or service. */
  name: string;
  namespace: string;
  labels: Labels;
}

const matches = (wanted: Labels = {}, labels: Labels): boolean =>
  Object.entries(wanted).every(([key, value]) => labels[key] === value);

const isPeer = (peer: Peer, pods: Pods): boolean =>
  matches(peer.namespaceSelector?.matchLabels, { "kubernetes.io/metadata.name": pods.namespace }) &&
  matches(peer.podSelector?.matchLabels, pods.labels);

/** Ports that the rules open between the policies' pods and others. A rule without peers is for everybody. */
function openPorts(rules: Rule[], others: Pods): number[] {
  return rules
    .filter(
      (rule) => (rule.from ?? rule.to) === undefined || (rule.from ?? rule.to)!.some((peer) => isPeer(peer, others)),
    )
    .flatMap((rule) => (rule.ports ?? []).map((one) => one.port));
}

/** Every connection that the policies admit on both sides, as `from -> to:port`. */
function admittedFlows(resources: Resource[]): string[] {
  const policies = objectsOf(resources, "NetworkPolicy").map((one): Policy => {
    const spec = one["spec"] as { podSelector: { matchLabels?: Labels }; policyTypes: string[] } & Partial<Policy>;
    return {
      namespace: one.metadata.namespace!,
      podLabels: spec.podSelector.matchLabels ?? {},
      types: spec.policyTypes,
      ingress: spec.ingress ?? [],
      egress: spec.egress ?? [],
    };
  });
  const all = new Map<string, Pods>();
  for (const { owner, labels } of podTemplates(resources)) {
    const name = `${labels["app.kubernetes.io/instance"]}/${labels["app.kubernetes.io/name"]}/${labels["app.kubernetes.io/component"]}`;
    all.set(name, { name, namespace: owner.metadata.namespace!, labels });
  }
  const of = (pods: Pods): Policy[] =>
    policies.filter((one) => one.namespace === pods.namespace && matches(one.podLabels, pods.labels));
  const flows = [...all.values()].flatMap((from) =>
    [...all.values()].flatMap((to) => {
      const out = of(from).flatMap((policy) => openPorts(policy.egress, to));
      const into = of(to).flatMap((policy) => openPorts(policy.ingress, from));
      return [...new Set(out.filter((port) => into.includes(port)))].map(
        (port) => `${from.name} -> ${to.name}:${port}`,
      );
    }),
  );
  return flows.toSorted();
}

const local = rawConfig("local");

describe("NetworkPolicies, as computed from what is rendered", () => {
  it("deny everything by default in every namespace", async () => {
    const resources = await evaluateRaw("local", local);
    const denying = objectsOf(resources, "NetworkPolicy").filter((one) => one.metadata.name === "default-deny");
    assert.deepEqual(
      denying.map((one) => one.metadata.namespace).toSorted(),
      ["apps", "data", "edge", "system"].map((role) => `local-site1-${role}`),
    );
    for (const one of denying) {
      assert.deepEqual((one["spec"] as { policyTypes: string[] }).policyTypes, ["Ingress", "Egress"]);
    }
  });

  it("admit the local stack's connections and no other", async () => {
    assert.deepEqual(admittedFlows(await evaluateRaw("local", local)), [
      "converge/minio/converge -> server/minio/server:9000",
      "dcs/etcd-job/dcs -> dcs/etcd/dcs:2379",
      "dcs/etcd/dcs -> dcs/etcd/dcs:2379",
      "dcs/etcd/dcs -> dcs/etcd/dcs:2380",
      "dcs/etcd/dcs -> dcs/etcd/dcs:2382",
      "edge/haproxy/edge -> notes/notes/app:8080",
      "edge/haproxy/edge -> pg/patroni/database:5432",
      "edge/haproxy/edge -> pg/patroni/database:8008",
      "edge/haproxy/edge -> pg/pgbouncer/database:5432",
      "heal/minio/heal -> server/minio/server:9000",
      "monitoring/prober/monitoring -> dcs/etcd/dcs:2379",
      "monitoring/prober/monitoring -> edge/haproxy/edge:8443",
      "monitoring/prober/monitoring -> pg/patroni/database:8008",
      "monitoring/prober/monitoring -> pg/pgbouncer/database:9128",
      "monitoring/prober/monitoring -> server/minio/server:9000",
      "monitoring/prometheus/monitoring -> dcs/etcd/dcs:2381",
      "monitoring/prometheus/monitoring -> edge/haproxy/edge:8404",
      "monitoring/prometheus/monitoring -> monitoring/prober/monitoring:9115",
      "monitoring/prometheus/monitoring -> notes/notes/app:8080",
      "monitoring/prometheus/monitoring -> pg/patroni/database:8008",
      "monitoring/prometheus/monitoring -> pg/patroni/database:9100",
      "monitoring/prometheus/monitoring -> pg/patroni/database:9187",
      "monitoring/prometheus/monitoring -> pg/patroni/database:9854",
      "monitoring/prometheus/monitoring -> pg/pgbouncer/database:9127",
      "monitoring/prometheus/monitoring -> pg/pgbouncer/database:9128",
      "monitoring/prometheus/monitoring -> server/minio/server:9000",
      "notes/notes/app -> pg/patroni/database:5432",
      "notes/notes/app -> pg/pgbouncer/database:5432",
      "notes/notes/app -> pg/pgbouncer/database:5433",
      "notes/notes/app -> server/minio/server:9000",
      "notes/notes/release -> pg/patroni/database:5432",
      "notes/notes/release -> pg/pgbouncer/database:5432",
      "notes/notes/release -> pg/pgbouncer/database:5433",
      "notes/notes/release -> server/minio/server:9000",
      "pg/converge/database -> pg/patroni/database:5432",
      "pg/converge/database -> pg/patroni/database:8008",
      "pg/patroni/database -> dcs/etcd/dcs:2379",
      "pg/patroni/database -> pg/patroni/database:5432",
      "pg/patroni/database -> pg/patroni/database:8008",
      "pg/patroni/database -> server/minio/server:9000",
      "pg/pgbackrest/database -> pg/patroni/database:5432",
      "pg/pgbackrest/database -> pg/patroni/database:8432",
      "pg/pgbackrest/database -> server/minio/server:9000",
      "pg/pgbouncer/database -> pg/patroni/database:5432",
      "pg/pgbouncer/database -> pg/patroni/database:8008",
      "server/minio/server -> server/minio/server:9000",
    ]);
  });

  it("leave the object store to pods that are bound to it: no way from the edge, and no Service for the world", async () => {
    const resources = await evaluateRaw("local", local);
    const [store] = podTemplates(resources).filter(({ labels }) => labels["app.kubernetes.io/name"] === "minio");
    const into = admittedFlows(resources).filter((one) => one.endsWith("-> server/minio/server:9000"));
    assert.ok(into.length > 0);
    assert.deepEqual(
      into.filter((one) => one.startsWith("edge/")),
      [],
    );
    const services = objectsOf(resources, "Service").filter((one) => {
      const { selector } = one["spec"] as { selector?: Labels };
      return one.metadata.namespace === store!.owner.metadata.namespace && selector && matches(selector, store!.labels);
    });
    assert.deepEqual(
      new Set(services.map((one) => (one["spec"] as { type?: string }).type ?? "ClusterIP")),
      new Set(["ClusterIP"]),
    );
    const edge = objectsOf(resources, "ConfigMap", "Secret").filter((one) => one.metadata.namespace?.endsWith("-edge"));
    assert.ok(edge.length > 0);
    assert.ok(!JSON.stringify(edge).includes("minio"));
  });

  it("lead from the edge to the object store where config gives it a name in the world", async () => {
    const resources = await evaluateRaw("local", { ...local, "archipel:edge": { objects: { host: "s3.localhost" } } });
    assert.deepEqual(
      admittedFlows(resources).filter((one) => one.startsWith("edge/") && one.includes("minio")),
      ["edge/haproxy/edge -> server/minio/server:9000"],
    );
    const [config] = objectsOf(resources, "ConfigMap").filter((one) => one.metadata.namespace?.endsWith("-edge"));
    const { "routes.map": routes, "haproxy.cfg": text } = config!["data"] as Record<string, string>;
    assert.match(routes!, /^s3\.localhost\/ object\.store$/m);
    assert.match(text!, /^ {2}server store minio\.local-site1-data\.svc\S+:9000 ssl verify required/m);
  });

  it("lead to the members from apps that config says so of, and from no other", async () => {
    const [app] = local["archipel:apps"] as [{ bindings: { databaseDirect?: object } }];
    const pooled = (name: string) => ({
      ...app,
      name,
      routes: [],
      bindings: { ...app.bindings, databaseDirect: undefined },
    });
    const toMembers = async (...apps: object[]): Promise<string[]> => {
      const flows = admittedFlows(await evaluateRaw("local", { ...local, "archipel:apps": apps }));
      return flows.filter((one) => one.endsWith("-> pg/patroni/database:5432") && /^(notes|other)/.test(one));
    };
    assert.deepEqual(await toMembers(app, pooled("other")), [
      "notes/notes/app -> pg/patroni/database:5432",
      "notes/notes/release -> pg/patroni/database:5432",
    ]);
    assert.deepEqual(await toMembers(pooled("notes"), pooled("other")), []);
  });

  it("give an app without bindings no way to the services", async () => {
    const [app] = local["archipel:apps"] as [object];
    const alone = { ...app, name: "alone", bindings: {}, release: undefined, routes: [], metricsPath: undefined };
    const flows = admittedFlows(await evaluateRaw("local", { ...local, "archipel:apps": [app, alone] }));
    assert.deepEqual(
      flows.filter((one) => one.includes("alone")),
      [],
    );
    assert.ok(flows.some((one) => one.startsWith("notes/")));
  });
});
