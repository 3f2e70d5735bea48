import assert from "node:assert/strict";
import fc from "fast-check";
import type { MinioConfig } from "../../stacks/schema/minioObjects.ts";
import { minioOf } from "../../stacks/objectsPlan.ts";
import { plan } from "../../stacks/topology.ts";
import type { Config } from "../../stacks/config.ts";
import type { PatroniConfig } from "../../stacks/schema/patroniDatabase.ts";
import { fullConfig, validConfig } from "./support.ts";

const base = validConfig(fullConfig);
const minio = base.objects as MinioConfig;
const patroni = base.database as PatroniConfig;

/** Configs of any size: sites, nodes, members, servers and drives vary. */
const configs: fc.Arbitrary<Config> = fc
  .record({
    sites: fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/), { minLength: 1, maxLength: 5 }),
    nodes: fc.integer({ min: 1, max: 12 }),
    members: fc.constantFrom(1 as const, 3 as const, 5 as const),
    servers: fc.constantFrom(1 as const, 3 as const, 4 as const, 6 as const, 8 as const),
    drives: fc.constantFrom(1 as const, 2 as const, 4 as const),
    poolers: fc.integer({ min: 1, max: 4 }),
    further: fc.array(fc.constantFrom(3 as const, 4 as const, 6 as const, 8 as const), { maxLength: 2 }),
  })
  .map(({ sites, nodes, members, servers, drives, poolers, further }) => ({
    ...base,
    sites: sites.map((name) => ({ ...base.sites[0]!, name, capabilities: { ...base.sites[0]!.capabilities, nodes } })),
    database: { ...patroni, members, pooler: { ...patroni.pooler, replicas: poolers } },
    objects: {
      ...minio,
      servers,
      drivesPerServer: drives,
      pools: servers === 1 ? [] : further.map((count) => ({ servers: count, driveSize: "20Gi" })),
    },
  }));

describe("topology", () => {
  it("is pure: the same config gives the same plan", () => {
    fc.assert(
      fc.property(configs, (config) => assert.deepEqual(plan("s", config), plan("s", structuredClone(config)))),
    );
  });

  it("gives an odd number of voters, in different failure domains wherever the nodes allow it", () => {
    fc.assert(
      fc.property(configs, (config) => {
        for (const site of plan("s", config).sites) {
          const voters = site.dcs!.members.length;
          assert.equal(voters % 2, 1);
          assert.equal(site.dcs!.spread, voters <= site.capabilities.nodes ? "required" : "preferred");
          const members = site.database!.members.length;
          const apart = Math.max(members, 2) <= site.capabilities.nodes;
          assert.equal(site.database!.spread, apart ? "required" : "preferred");
        }
      }),
    );
  });

  it("never requires more nodes than there are", () => {
    fc.assert(
      fc.property(configs, (config) => {
        for (const { capabilities, dcs, database, objects } of plan("s", config).sites) {
          const required = [
            [dcs!.spread, dcs!.members.length],
            [database!.spread, database!.members.length],
            [database!.pooler.spread, database!.pooler.replicas],
            ...minioOf(objects)!.pools.map(({ spread, servers }) => [spread, servers.length] as const),
          ] as const;
          for (const [spread, count] of required) assert.ok(spread === "preferred" || count <= capabilities.nodes);
        }
      }),
    );
  });

  it("keeps a quorum of drives for writes when any one server of several is lost", () => {
    fc.assert(
      fc.property(configs, (config) => {
        for (const site of plan("s", config).sites) {
          const objects = minioOf(site.objects)!;
          if (objects.servers.length === 1) continue;
          for (const { servers } of objects.pools) {
            const drives = servers.length * objects.drivesPerServer;
            const setSize = Math.min(drives, 16);
            const lost = Math.ceil(setSize / servers.length);
            assert.ok(objects.parity <= setSize / 2, "MinIO refuses a parity above half of the set");
            const data = setSize - objects.parity;
            const writeQuorum = data === objects.parity ? data + 1 : data;
            assert.ok(setSize - lost >= writeQuorum);
          }
        }
      }),
    );
  });

  it("never gives two objects of a cluster the same name", () => {
    fc.assert(
      fc.property(configs, (config) => {
        const sites = plan("s", config).sites;
        const namespaces = sites.flatMap((site) => Object.values(site.namespaces).map((one) => one.name));
        const priorities = sites.flatMap((site) => Object.values(site.priorityClasses));
        assert.equal(new Set(namespaces).size, namespaces.length);
        assert.equal(new Set(priorities).size, priorities.length);
        for (const site of sites) {
          const secrets = site.certificates.map((one) => `${one.namespace}/${one.secret}`);
          assert.equal(new Set(secrets).size, secrets.length);
        }
      }),
    );
  });

  it("gives every server a certificate for the name that clients use", () => {
    fc.assert(
      fc.property(configs, (config) => {
        for (const { certificates, dcs, database, objects } of plan("s", config).sites) {
          const hosts = [...dcs!.members, ...database!.members, ...minioOf(objects)!.servers].map((one) => one.host);
          for (const host of [...hosts, database!.pooler.host, objects!.host]) {
            assert.ok(
              certificates.some((one) => one.dnsNames.includes(host) && one.usages.includes("server")),
              host,
            );
          }
        }
      }),
    );
  });

  it("makes a role for each owner and a user for each app with a bucket", () => {
    const [site] = plan("s", base).sites;
    assert.deepEqual(
      site!.database!.roles.map((one) => one.name),
      ["reader", "notes"],
    );
    assert.deepEqual(site!.apps[1]!.bindings.database, { name: "wiki", role: "notes", login: "notes" });
    assert.deepEqual(
      site!.objects!.users.map((one) => one.name),
      ["backup", "notes", "pg-backup", "pg-backup-2"],
    );
  });

  it("gives each generation of a role's password a login of its own", () => {
    const roles = [{ name: "notes", connectionLimit: -1, generation: 3 }];
    const [site] = plan("s", { ...base, database: { ...base.database!, roles } }).sites;
    assert.deepEqual(
      site!.database!.roles.map(({ name, login }) => [name, login]),
      [["notes", "notes_g3"]],
    );
    assert.deepEqual(site!.apps[0]!.bindings.database, { name: "notes", role: "notes", login: "notes_g3" });
  });

  it("tries longer paths before shorter ones", () => {
    const [site] = plan("s", base).sites;
    assert.deepEqual(
      site!.edge!.http.map((one) => one.path),
      ["/api/v2", "/api", "/"],
    );
  });

  it("never takes the machine's current cluster for a sandbox", () => {
    const sandbox = { ...base, sites: [{ ...base.sites[0]!, sandbox: true }] };
    assert.equal(plan("s", sandbox).sites[0]!.cluster.context, "archipel-site1");
  });
});
