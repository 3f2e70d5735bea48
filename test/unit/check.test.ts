import assert from "node:assert/strict";
import { findMistakes } from "../../stacks/check/check.ts";
import { externalConfig, externalObjectsConfig, fullConfig, validConfig } from "./support.ts";

const context = { stack: "geo", images: ["notes"], secrets: ["offsiteId", "offsiteKey"], wrong: [] as string[] };

/** Paths and hints of the mistakes of a changed full config. */
function mistakesOf(changes: Record<string, unknown>): [string, string | undefined][] {
  return findMistakes(validConfig({ ...fullConfig, ...changes }), context).map((one) => [one.path, one.hint]);
}

const [notes, wiki] = fullConfig["archipel:apps"];
const [site] = fullConfig["archipel:sites"];

describe("check", () => {
  it("finds nothing wrong with a full config", () => assert.deepEqual(mistakesOf({}), []));

  it("names bindings to what does not exist, with the nearest name", () => {
    const bindings = { database: "note", bucket: "fles" };
    assert.deepEqual(mistakesOf({ "archipel:apps": [{ ...notes, bindings }] }), [
      ["archipel:apps[0].bindings.database", "did you mean notes?"],
      ["archipel:apps[0].bindings.bucket", "did you mean files?"],
    ]);
  });

  it("takes a database that somebody else runs, under names that its administrator does not have", () => {
    const mistakes = (changes: object) =>
      findMistakes(validConfig({ ...externalConfig, ...changes }), {
        ...context,
        secrets: ["databaseCa", "databasePassword"],
      }).map(({ path }) => path);
    assert.deepEqual(mistakes({}), []);
    const database = externalConfig["archipel:database"];
    const named = { "archipel:database": { ...database, administrator: "keeper", roles: [{ name: "keeper" }] } };
    assert.deepEqual(mistakes(named), ["archipel:database.roles[0].name"]);
    // The edge finds a primary by Patroni, which is not there.
    assert.deepEqual(mistakes({ "archipel:edge": fullConfig["archipel:edge"] }), ["archipel:edge.tcp[0].to"]);
    assert.deepEqual(
      findMistakes(validConfig(externalConfig), { ...context, secrets: [] }).map(({ path }) => path),
      ["archipel:databaseCa", "archipel:databasePassword"],
    );
  });

  it("lets apps come to members where there are members, and no more than these can bear", () => {
    const direct = (bindings: object, replicas = 2) => ({ "archipel:apps": [{ ...wiki, replicas, bindings }] });
    const paths = (changes: Record<string, unknown>) => mistakesOf(changes).map(([path]) => path);
    const path = "archipel:apps[0].bindings.databaseDirect";
    assert.deepEqual(paths(direct({ database: "wiki", databaseDirect: {} })), []);
    assert.deepEqual(paths(direct({ databaseDirect: {} })), [path]);
    // 1 GiB bears 204 connections beside the platform's 30, and two poolers have five each at the least.
    assert.deepEqual(paths(direct({ database: "wiki", databaseDirect: { connections: 97 } }, 1)), []);
    const [mistake] = findMistakes(
      validConfig({ ...fullConfig, ...direct({ database: "wiki", databaseDirect: { connections: 98 } }, 1) }),
      context,
    );
    assert.equal(mistake?.path, path);
    assert.equal(mistake.found, "196 connections: wiki 196");
    assert.match(
      mistake.allowed,
      /^at most 194 .* a member has 234, of which 30 are the platform's and 10 the poolers'$/,
    );
    const external = { ...externalConfig, ...direct({ database: "notes", databaseDirect: {} }) };
    assert.deepEqual(
      findMistakes(validConfig(external), { ...context, secrets: ["databaseCa", "databasePassword"] }).map(
        (one) => one.path,
      ),
      [path],
    );
  });

  it("refuses an app whose user the object store would refuse", () => {
    const app = { ...notes, name: "wk", bindings: { bucket: "files" } };
    assert.deepEqual(
      mistakesOf({ "archipel:apps": [app] }).map(([path]) => path),
      ["archipel:apps[0].name"],
    );
    assert.deepEqual(mistakesOf({ "archipel:apps": [{ ...app, bindings: {} }] }), []);
  });

  it("refuses backups without a place, and users or buckets that could read them", () => {
    const backed = (backup: unknown) => ({ "archipel:database": { ...fullConfig["archipel:database"], backup } });
    const paths = (changes: Record<string, unknown>) => mistakesOf(changes).map(([path]) => path);
    assert.deepEqual(paths(backed({ site: "none", offsite: "none" })), ["archipel:database.backup"]);
    assert.deepEqual(paths({ ...backed({ offsite: "none" }), "archipel:objects": undefined, "archipel:apps": [] }), [
      "archipel:database.backup.site",
    ]);
    assert.deepEqual(paths(backed({ offsite: "none", queue: "6Gi" })), ["archipel:database.backup.queue"]);
    const begins = (backup: unknown, at = "latest") => ({
      "archipel:database": {
        ...fullConfig["archipel:database"],
        backup,
        bootstrap: { repository: "offsite", at },
      },
    });
    assert.deepEqual(paths(begins({ offsite: "none" })), ["archipel:database.bootstrap.repository"]);
    assert.deepEqual(paths(begins("none")), ["archipel:database.bootstrap"]);
    const { backup } = fullConfig["archipel:database"];
    assert.deepEqual(paths(begins(backup)), []);
    assert.deepEqual(paths(begins(backup, "2026-11-23T10:42:00Z")), []);
    assert.deepEqual(paths(begins(backup, "2226-11-23T10:42:00Z")), ["archipel:database.bootstrap.at"]);
    assert.deepEqual(
      paths({
        "archipel:objects": {
          acceptUnmaintained: true,
          buckets: [{ name: "files" }, { name: "pg-backup" }],
          users: [{ name: "pg-backup", access: [{ bucket: "files" }] }],
        },
      }),
      ["archipel:objects.buckets[1].name", "archipel:objects.users[0].name"],
    );
  });

  it("does not judge what refers to a part that is wrong itself", () => {
    const raw = {
      ...fullConfig,
      "archipel:database": undefined,
      "archipel:objects": undefined,
      "archipel:edge": undefined,
    };
    const wrong = ["database", "objects", "edge"];
    assert.deepEqual(findMistakes(validConfig(raw), { ...context, wrong }), []);
  });

  it("names a sandbox among real sites", () => {
    const mixed = [site, { ...site, name: "site2", sandbox: true }];
    assert.deepEqual(
      mistakesOf({ "archipel:sites": mixed }).map(([path]) => path),
      ["archipel:sites[1].sandbox"],
    );
  });

  it("names repeated sites, apps, routes and ports", () => {
    const tcp = [
      { name: "sql", port: 5432, to: "database-primary" },
      { name: "sql2", port: 5432, to: "database-pooler" },
    ];
    const paths = mistakesOf({
      "archipel:sites": [site, site],
      "archipel:apps": [notes, { ...notes, bindings: {} }],
      "archipel:edge": { tcp },
    }).map(([path]) => path);
    assert.deepEqual(paths, [
      "archipel:sites[1].name",
      "archipel:edge.tcp[1].port",
      "archipel:apps[1].name",
      "archipel:apps[1].routes[0]",
      "archipel:apps[1].routes[1]",
      "archipel:apps[1].routes[2]",
    ]);
  });

  it("serves an object store to the world under a name of its own, where the platform runs it", () => {
    const edge = (host: string) => ({ "archipel:edge": { objects: { host } } });
    assert.deepEqual(mistakesOf(edge("s3.example.org")), []);
    assert.deepEqual(
      mistakesOf(edge("notes.example.org")).map(([path]) => path),
      ["archipel:edge.objects.host"],
    );
    const { "archipel:objects": outside } = externalObjectsConfig;
    assert.deepEqual(
      mistakesOf({ ...edge("s3.example.org"), "archipel:objects": outside })
        .map(([path]) => path)
        .filter((path) => path.startsWith("archipel:edge")),
      ["archipel:edge.objects"],
    );
  });

  it("names routes without an edge and TCP routes without a database", () => {
    assert.deepEqual(
      mistakesOf({ "archipel:edge": undefined, "archipel:apps": [{ ...notes, bindings: {} }] }).map(([path]) => path),
      ["archipel:apps[0].routes"],
    );
    assert.deepEqual(
      mistakesOf({ "archipel:database": undefined, "archipel:apps": [] }).map(([path]) => path),
      ["archipel:edge.tcp[0].to"],
    );
  });

  it("names ports that the edge uses itself", () => {
    const tcp = [{ name: "web", port: 443, to: "database-primary" }];
    assert.deepEqual(
      mistakesOf({ "archipel:edge": { tcp } }).map(([path]) => path),
      ["archipel:edge.tcp[0].port"],
    );
  });

  it("names environment variables that a binding sets already", () => {
    const env = { PGHOST: "elsewhere", TITLE: "x" };
    const secretEnv = { TITLE: { generate: 1 } };
    assert.deepEqual(
      mistakesOf({ "archipel:apps": [{ ...wiki, env, secretEnv }] }).map(([path]) => path),
      ["archipel:apps[0].env.PGHOST", "archipel:apps[0].secretEnv.TITLE"],
    );
  });

  it("names images that the lock does not have", () => {
    assert.deepEqual(mistakesOf({ "archipel:apps": [{ ...wiki, image: "note" }] }), [
      ["archipel:apps[0].image", "did you mean notes?"],
    ]);
  });

  it("names secrets that are referred to and not set", () => {
    assert.deepEqual(mistakesOf({ "archipel:apps": [{ ...wiki, secretEnv: { KEY: { config: "wikiKey" } } }] }), [
      ["archipel:wikiKey", "pulumi config set --secret wikiKey"],
    ]);
  });

  it("lets a primary ask the DCS twice before its lock ends", () => {
    const mistakes = (patroni: object) =>
      mistakesOf({ "archipel:database": { ...fullConfig["archipel:database"], patroni } });
    assert.deepEqual(mistakes({ ttl: 24, retry_timeout: 10, loop_wait: 4 }), []);
    assert.deepEqual(mistakes({ retry_timeout: 10 }), [
      ["archipel:database.patroni.ttl", "raise ttl, or lower one of the others"],
    ]);
  });

  it("gives pools of their own sizes to databases that there are", () => {
    const mistakes = (poolSizes: object) =>
      mistakesOf({ "archipel:database": { ...fullConfig["archipel:database"], pooler: { poolSizes } } });
    assert.deepEqual(mistakes({ notes: 40 }), []);
    assert.deepEqual(
      mistakes({ note: 40 }).map(([path]) => path),
      ["archipel:database.pooler.poolSizes"],
    );
  });

  it("refuses a single member that would wait for a replica for ever", () => {
    const database = { ...fullConfig["archipel:database"], members: 1, whenAlone: "block" };
    assert.deepEqual(
      mistakesOf({ "archipel:database": database }).map(([path]) => path),
      ["archipel:database.whenAlone"],
    );
  });

  it("refuses names that PostgreSQL or the platform keeps for itself", () => {
    const database = {
      backup: "none",
      databases: [{ name: "notes" }, { name: "wiki" }, { name: "postgres" }, { name: "pg_x" }],
    };
    assert.deepEqual(
      mistakesOf({ "archipel:database": database }).map(([path]) => path),
      ["archipel:database.databases[2].name", "archipel:database.databases[3].name"],
    );
  });
});
