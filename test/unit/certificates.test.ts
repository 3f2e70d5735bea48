import assert from "node:assert/strict";
import { createCertificates, type CertificatesConfig } from "../../components/certificates/certificates.ts";
import { renewalSchedule } from "../../components/certificates/renewalSchedule.ts";
import type { CertificatePlan } from "../../stacks/plan.ts";
import { find, objectsOf, platform, podOf, type RequestedObject } from "./objectsOf.ts";

const server: CertificatePlan = {
  secret: "pg-0-tls",
  namespace: "test-a-data",
  commonName: "pg-0",
  dnsNames: ["localhost", "pg-0.test-a-data.svc.cluster.local"],
  ipAddresses: ["127.0.0.1"],
  usages: ["server", "client"],
  publicNames: [],
};
const edge: CertificatePlan = {
  secret: "edge-tls",
  namespace: "test-a-edge",
  commonName: "edge",
  dnsNames: ["app.example.org", "edge.test-a-edge.svc"],
  ipAddresses: [],
  usages: ["server"],
  publicNames: ["app.example.org"],
};

const build = (config: CertificatesConfig, certificates = [server, edge]): Promise<RequestedObject[]> =>
  objectsOf(() => createCertificates("a-certificates", { config, certificates, platform }));

describe("certificates of kind internal", () => {
  const internal = { kind: "internal", lifetimeHours: 720 } as const;

  it("ask the script for every certificate, with nothing that would issue it anew without need", async () => {
    const objects = await build(internal);
    const map = objects.find((one) => one.kind === "ConfigMap")!;
    const { publicNames: _, ...request } = server;
    const requests = JSON.parse(map.data!["requests.json"]!) as {
      ca: unknown;
      lifetimeSeconds: number;
      certificates: unknown[];
    };
    assert.equal(requests.lifetimeSeconds, 720 * 3600);
    assert.deepEqual(requests.ca, {
      namespace: "test-a-system",
      secret: "site-ca",
      commonName: "test-a-system authority",
    });
    assert.deepEqual(requests.certificates[0], request);
    assert.equal(requests.certificates.length, 2);
  });

  it("run a new Job on a new list when a certificate changes, and the same one when nothing does", async () => {
    const names = async (certificates: CertificatePlan[]) =>
      (await build(internal, certificates))
        .filter((one) => one.kind === "Job" || one.kind === "ConfigMap")
        .map((one) => `${one.kind}/${one.metadata.name}`)
        .sort();
    const before = await names([server]);
    assert.deepEqual(await names([{ ...server }]), before);
    const after = await names([{ ...server, dnsNames: ["other"] }]);
    assert.equal(after.filter((one) => before.includes(one)).length, 0);
  });

  it("may replace only the certificates' own Secrets, and only read the authority", async () => {
    const roles = (await build(internal)).filter((one) => one.kind === "Role");
    const rules = Object.fromEntries(roles.map((one) => [one.metadata.namespace, one.rules]));
    const create = { apiGroups: [""], resources: ["secrets"], verbs: ["create"] };
    const named = (verbs: string[], name: string) => ({
      apiGroups: [""],
      resources: ["secrets"],
      verbs,
      resourceNames: [name],
    });
    assert.deepEqual(rules, {
      "test-a-system": [named(["get"], "site-ca"), create],
      "test-a-data": [named(["get", "update"], "pg-0-tls"), create],
      "test-a-edge": [named(["get", "update"], "edge-tls"), create],
    });
  });

  it("keep keys in memory", async () => {
    for (const kind of ["Job", "CronJob"]) {
      const object = (await build(internal)).find((one) => one.kind === kind)!;
      const pod = podOf(object);
      const mount = pod.containers[0]!.volumeMounts.find((one) => one.mountPath === "/work")!;
      const volume = pod.volumes.find((one) => one.name === mount.name)!;
      assert.equal(volume.emptyDir?.medium, "Memory");
    }
  });

  it("look often enough that four runs fall into the last third of a lifetime", () => {
    assert.equal(renewalSchedule(1), "*/5 * * * *");
    assert.equal(renewalSchedule(2), "*/10 * * * *");
    assert.equal(renewalSchedule(5), "*/20 * * * *");
    assert.equal(renewalSchedule(11), "*/30 * * * *");
    assert.equal(renewalSchedule(12), "7 * * * *");
    assert.equal(renewalSchedule(8760), "7 * * * *");
  });
});

describe("certificates of kind cert-manager", () => {
  const certManager = { kind: "cert-manager", lifetimeHours: 48, namespace: "cert-manager" } as const;

  it("keep the authority's key in cert-manager's namespace, under a name with stack and site", async () => {
    const objects = await build(certManager);
    assert.equal(find(objects, "Certificate", "test-a-system-authority").metadata.namespace, "cert-manager");
    assert.deepEqual(find(objects, "ClusterIssuer", "test-a-system-authority").spec, {
      ca: { secretName: "test-a-system-authority" },
    });
  });

  it("ask the site's authority for everything without an issuer for the edge", async () => {
    const { spec } = find(await build(certManager), "Certificate", "edge-tls");
    assert.equal(spec.issuerRef?.name, "test-a-system-authority");
    assert.deepEqual(spec.dnsNames, edge.dnsNames);
  });

  it("ask the edge's issuer for public names only, and not at all where there are none", async () => {
    const config = { ...certManager, edgeIssuer: "letsencrypt" };
    const { spec } = find(await build(config), "Certificate", "edge-tls");
    assert.equal(spec.issuerRef?.name, "letsencrypt");
    assert.deepEqual(spec.dnsNames, ["app.example.org"]);
    assert.equal("commonName" in spec, false);
    const without = find(await build(config, [{ ...edge, publicNames: [] }]), "Certificate", "edge-tls");
    assert.equal(without.spec.issuerRef?.name, "test-a-system-authority");
  });
});
