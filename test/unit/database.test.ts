import assert from "node:assert/strict";
import fc from "fast-check";
import { toBytes } from "../../stacks/bytes.ts";
import { connectionsPerPooler, parameters } from "../../components/database/parameters.ts";
import { bootstrapConfig, memberConfig, settings } from "../../components/database/patroniConfig.ts";
import { pgpoolClients, pgpoolConfig, pgpoolOf } from "../../components/database/pgpool.ts";
import { databaseTarget, pgbouncerConfig, proxyConfig } from "../../components/database/poolerConfig.ts";
import { maxConnections } from "../../stacks/connectionBudget.ts";
import type { DatabasePlan } from "../../stacks/plan.ts";
import { plan } from "../../stacks/topology.ts";
import { fullConfig, validConfig } from "./support.ts";

function databasePlan(database: Record<string, unknown> = {}): DatabasePlan {
  const raw = { ...fullConfig, "archipel:database": { ...fullConfig["archipel:database"], ...database } };
  return plan("test", validConfig(raw)).sites[0]!.database!;
}

/** PostgreSQL's megabytes as bytes. */
const size = (value: unknown): number => Number(String(value).replace(/MB$/, "")) * 2 ** 20;

/** Any memory limit and volume that config accepts, and any number of poolers. */
const anyPlan = fc
  .record({
    memory: fc.integer({ min: 512, max: 256 * 1024 }),
    volume: fc.integer({ min: 2, max: 4096 }),
    replicas: fc.integer({ min: 1, max: 10 }),
    poolSize: fc.integer({ min: 1, max: 500 }),
    databases: fc.integer({ min: 0, max: 200 }),
  })
  .map(({ memory, volume, replicas, poolSize, databases }) => ({
    ...databasePlan({
      storage: `${volume}Gi`,
      resources: { memoryLimit: `${memory}Mi` },
      pooler: { replicas, poolSize },
    }),
    databases: Array.from({ length: databases }, (_, index) => ({
      name: `d${index}`,
      owner: `d${index}`,
      extensions: [],
    })),
  }));

describe("PostgreSQL's parameters", () => {
  it("leave room in memory and on the volume", () => {
    fc.assert(
      fc.property(anyPlan, (one) => {
        const set = parameters(one);
        const memory = toBytes(one.resources.memoryLimit);
        const volume = toBytes(one.storage);
        assert.ok(size(set["shared_buffers"]) <= memory / 2);
        assert.ok(size(set["shared_buffers"]) + size(set["maintenance_work_mem"]) < memory);
        assert.ok(size(set["max_wal_size"]) + size(set["max_slot_wal_keep_size"]) < volume / 2);
        assert.ok(size(set["min_wal_size"]) <= size(set["max_wal_size"]));
        assert.ok(size(set["min_wal_size"]) >= 32 * 2 ** 20, "PostgreSQL wants two segments");
      }),
    );
  });

  it("let all poolers together never ask for more connections than there are", () => {
    fc.assert(
      fc.property(anyPlan, (one) => {
        assert.ok(connectionsPerPooler(one) >= 1);
        assert.ok(connectionsPerPooler(one) * one.pooler.replicas < maxConnections(one));
      }),
    );
  });

  it("are what config says where config says something", () => {
    const one = databasePlan({ parameters: { work_mem: "99MB", max_connections: 250 } });
    assert.equal(parameters(one)["work_mem"], "99MB");
    assert.equal(parameters(one)["max_connections"], 250);
    assert.equal(connectionsPerPooler(one), (250 - 30) / 2);
  });
});

describe("Patroni's settings", () => {
  it("are what config says where config says something", () => {
    const { ttl, loop_wait, retry_timeout } = settings(databasePlan({ patroni: { ttl: 30, retry_timeout: 10 } }));
    assert.deepEqual({ ttl, loop_wait, retry_timeout }, { ttl: 30, loop_wait: 2, retry_timeout: 10 });
  });

  it("commit by a quorum that grows with the members", () => {
    const quorum = (members: number) => {
      const { synchronous_mode, synchronous_node_count } = settings(databasePlan({ members }));
      return [synchronous_mode, synchronous_node_count];
    };
    assert.deepEqual(quorum(1), ["off", 1]);
    assert.deepEqual(quorum(3), ["quorum", 1]);
    assert.deepEqual(quorum(5), ["quorum", 2]);
  });

  it("block or degrade when the primary is alone, as config says", () => {
    assert.equal(settings(databasePlan({ whenAlone: "block" }))["synchronous_mode_strict"], true);
    assert.equal(settings(databasePlan({ whenAlone: "degrade" }))["synchronous_mode_strict"], false);
    assert.equal(settings(databasePlan({ whenAlone: "degrade", members: 1 }))["synchronous_mode_strict"], false);
  });

  it("admit nobody without TLS, and the platform's accounts with a certificate only", () => {
    const rules = settings(databasePlan()).postgresql.pg_hba.map((rule) => rule.split(" "));
    for (const [kind] of rules) assert.ok(kind === "local" || kind === "hostssl", kind);
    const remote = rules.filter(([kind]) => kind === "hostssl");
    for (const role of ["postgres", "+replicator", "+rewind"]) {
      const first = remote.find(([, , roles]) => roles === role)!;
      assert.equal(first.at(-1), "clientcert=verify-ca", role);
      const general = remote.findIndex(([, , roles]) => roles === "all");
      assert.ok(remote.indexOf(first) < general, `${role} comes before the rule for everybody`);
    }
    for (const rule of remote.filter((one) => one[4] !== "reject")) assert.equal(rule[4], "scram-sha-256");
  });

  it("admit the present login of each account before it acts as its role: Patroni makes it so in a new cluster", () => {
    const rules = settings(databasePlan({ generation: 3 })).postgresql.pg_hba;
    for (const login of ["replicator_g3", "rewind_g3"]) {
      assert.ok(
        rules.some((rule) => rule.includes(`,${login} all scram-sha-256 clientcert`)),
        login,
      );
    }
  });

  it("start a new cluster as they are later", () => {
    const one = databasePlan();
    const { bootstrap } = bootstrapConfig(one) as { bootstrap: { dcs: unknown } };
    assert.deepEqual(bootstrap.dcs, settings(one));
  });

  it("hold no password", () => {
    const text = JSON.stringify([memberConfig(databasePlan(), ["etcd-0:2379"]), bootstrapConfig(databasePlan())]);
    assert.doesNotMatch(text, /"password"/);
  });
});

describe("apps that come to the members", () => {
  const [notes] = fullConfig["archipel:apps"];

  /** A plan with these connections of each of two pods, and of the one more of a rollout. */
  const withDirect = (connections: number): DatabasePlan => {
    const bindings = { ...notes.bindings, databaseDirect: { connections } };
    const raw = { ...fullConfig, "archipel:apps": [{ ...notes, replicas: 2, bindings }] };
    return plan("test", validConfig(raw)).sites[0]!.database!;
  };

  it("have connections that the poolers leave to them, while those of a member stay as many", () => {
    const [without, one] = [databasePlan(), withDirect(20)];
    assert.equal(without.directConnections, 0);
    assert.equal(one.directConnections, 60);
    assert.equal(maxConnections(one), maxConnections(without));
    assert.equal(2 * (connectionsPerPooler(without) - connectionsPerPooler(one)), 60);
  });
});

describe("the pooler's configuration", () => {
  const one = databasePlan({ members: 5 });

  it("leads writes and reads to different ports of the proxy, under a name of the members' certificates", () => {
    const target = (kind: "primary" | "replica") => /^host=(\S+) port=(\d+)$/.exec(databaseTarget(one, kind))!;
    assert.equal(target("primary")[1], "pg-primary");
    assert.equal(target("replica")[1], "pg-primary");
    assert.notEqual(target("primary")[2], target("replica")[2]);
    for (const kind of ["primary", "replica"] as const) {
      assert.match(proxyConfig(one), new RegExp(`^ {2}bind \\S+:${target(kind)[2]}$`, "m"));
    }
  });

  it("verifies servers in full and takes clients with TLS only", () => {
    const text = pgbouncerConfig(one, "primary");
    assert.match(text, /^server_tls_sslmode = verify-full$/m);
    assert.match(text, /^client_tls_sslmode = require$/m);
    assert.doesNotMatch(text, /password/);
  });

  it("asks every member what it is", () => {
    for (const backend of ["primary", "replica"]) {
      const section = proxyConfig(one)
        .split(/\n(?=\S)/)
        .find((part) => part.startsWith(`backend ${backend}\n`))!;
      const hosts = [...section.matchAll(/^ {2}server \S+ (\S+):5432 /gm)].map((match) => match[1]);
      assert.deepEqual(
        hosts,
        one.members.map((member) => member.host),
      );
      assert.match(section, new RegExp(`OPTIONS /${backend}`));
    }
  });

  it("sends reads to replicas that are no further behind than config says, 16 MiB by default", () => {
    const lag = (pooler: object): string | undefined =>
      /OPTIONS \/replica\?lag=(\d+)$/m.exec(proxyConfig(databasePlan({ pooler })))?.[1];
    for (const kind of ["pgbouncer", "pgpool"]) {
      assert.equal(lag({ kind }), String(16 * 2 ** 20));
      assert.equal(lag({ kind, readLag: "1Gi" }), String(2 ** 30));
    }
  });

  it("outlasts a Patroni that starts again, and gives up a silent member before its lock is another one's", () => {
    const text = proxyConfig(one);
    const seconds = (pattern: RegExp): number => {
      const [, value, unit] = pattern.exec(text)!;
      return Number(value) * (unit === "ms" ? 0.001 : 1);
    };
    const [timeout, interval] = [seconds(/timeout check (\d+)(m?s)/), seconds(/fastinter (\d+)(m?s)/)];
    const failures = Number(/fall (\d+)/.exec(text)![1]);
    assert.ok((failures - 1) * interval >= 3, "a Patroni that is started anew");
    assert.ok(failures * (timeout + interval) < Number(settings(one)["ttl"]), "a member that stands still");
  });

  it("does not change with the databases, which would send every client away", () => {
    const many = { ...one, databases: [...one.databases, { name: "new", owner: "new", extensions: [] }] };
    assert.equal(pgbouncerConfig(many, "primary"), pgbouncerConfig(one, "primary"));
    assert.equal(proxyConfig(many), proxyConfig(one));
    assert.deepEqual(settings(many), settings(one));
  });
});

describe("pgpool-II's configuration", () => {
  const config = (pooler: object = {}): string => {
    const one = databasePlan({ pooler: { kind: "pgpool", ...pooler } });
    return pgpoolConfig(one, pgpoolOf(one)!);
  };

  it("takes no server out and makes none the primary: that is Patroni's", () => {
    assert.match(config(), /^backend_flag0 = 'ALWAYS_PRIMARY\|DISALLOW_TO_FAILOVER'$/m);
    assert.match(config(), /^backend_flag1 = 'DISALLOW_TO_FAILOVER'$/m);
    assert.match(config(), /^failover_on_backend_error = 'off'$/m);
    assert.doesNotMatch(config(), /failover_command|follow_primary/);
  });

  it("reads where config says after a session has written", () => {
    assert.match(config(), /^disable_load_balance_on_write = 'always'$/m);
    assert.match(config({ readsAfterWrite: "replicas" }), /^disable_load_balance_on_write = 'transaction'$/m);
  });

  it("takes no more clients than have room on both servers", () => {
    fc.assert(
      fc.property(anyPlan, (one) => {
        const perPod = connectionsPerPooler(one);
        assert.ok(2 * pgpoolClients(one) <= perPod, `${pgpoolClients(one)} clients, ${perPod} connections`);
      }),
    );
  });
});
