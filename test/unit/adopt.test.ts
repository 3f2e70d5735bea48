import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import type { HereFacts, SourceFacts } from "../../cli/adopt/facts.ts";
import { judge } from "../../cli/adopt/obstacles.ts";
import { PsqlSession } from "../../cli/adopt/session.ts";
import { findTroubles } from "../../cli/adopt/status.ts";
import { chooseDatabases } from "../../cli/adopt/target.ts";
import { sourceConnection } from "../../components/database/adoption.ts";
import { parameters } from "../../components/database/parameters.ts";
import { findMistakes } from "../../stacks/check/check.ts";
import { plan } from "../../stacks/topology.ts";
import { fullConfig, validConfig } from "./support.ts";

const adopt = {
  host: "db.example.org",
  user: "mover",
  caFrom: "sourceCa",
  passwordFrom: "sourcePassword",
  databases: ["notes", "wiki"],
};

const adopting = (changes: object = {}, apps: readonly object[] = []) => ({
  ...fullConfig,
  "archipel:database": { ...fullConfig["archipel:database"], adopt: { ...adopt, ...changes } },
  "archipel:apps": apps,
});

const source: SourceFacts = {
  version: 150004,
  isReplica: false,
  walLevel: "logical",
  slots: { most: 10, used: 0 },
  senders: { most: 10, used: 1 },
  slotKeeps: "-1",
  encoding: "UTF8",
  collation: "C.UTF-8",
  bytes: 2 ** 30,
  mayCreate: true,
  moved: false,
  largeObjects: 0,
  tables: [],
  hiddenSequences: [],
  extensions: [],
  superuserFunctions: [],
  foreignServers: [],
  eventTriggers: [],
  collations: [],
};

const here: HereFacts = {
  exists: true,
  begun: false,
  relations: [],
  extensions: [],
  collations: ["C"],
  freeBytes: 10 * 2 ** 30,
};

const table = {
  name: "public.t",
  unlogged: false,
  owned: true,
  identified: true,
  forcesPolicies: false,
  firesOnReplicas: false,
};

const found = (changes: { source?: Partial<SourceFacts>; here?: Partial<HereFacts>; declared?: string[] }) =>
  judge({
    name: "notes",
    user: "mover",
    declared: changes.declared ?? [],
    databases: 1,
    source: { ...source, ...changes.source },
    here: { ...here, ...changes.here },
  });

describe("an adoption", () => {
  it("is of databases that config declares, and that no app works on yet", () => {
    const paths = (raw: Record<string, unknown>) =>
      findMistakes(validConfig(raw), {
        stack: "geo",
        images: ["notes"],
        secrets: ["offsiteId", "offsiteKey", "sourceCa"],
        wrong: [],
      }).map(({ path }) => path);
    assert.deepEqual(paths(adopting()), ["archipel:sourcePassword"]);
    assert.deepEqual(paths(adopting({ databases: ["note", "wiki", "wiki"] }, [fullConfig["archipel:apps"][1]])), [
      "archipel:database.adopt.databases[2]",
      "archipel:database.adopt.databases[0]",
      "archipel:apps[0].bindings.database",
      "archipel:sourcePassword",
    ]);
  });

  it("has names that PostgreSQL takes whole, and that differ between stacks", () => {
    const longest = "d".repeat(48);
    const linkOf = (stack: string): string => {
      const database = { databases: [{ name: longest }], backup: "none", adopt: { ...adopt, databases: [longest] } };
      const config = validConfig({ ...fullConfig, "archipel:database": database, "archipel:apps": [] });
      return plan(stack, config).sites[0]!.database!.adopt!.databases[0]!.link;
    };
    assert.equal(linkOf("one").length, 63);
    assert.match(linkOf("one"), /^[a-z0-9_]+$/);
    assert.notEqual(linkOf("one"), linkOf("two"));
  });

  it("has room for its workers, and connects without a secret in sight", () => {
    const { database } = plan("test", validConfig(adopting())).sites[0]!;
    const set = parameters(database!);
    assert.equal(set["max_logical_replication_workers"], 6);
    assert.ok(Number(set["max_worker_processes"]) > 6);
    assert.ok(Number(set["max_replication_slots"]) >= 6);
    const text = sourceConnection({ ...database!.adopt!, user: "it's" }, "notes");
    assert.match(text, /user='it\\'s'/);
    assert.match(text, /sslmode='verify-full'/);
    assert.doesNotMatch(text, /password=/);
    assert.equal(
      parameters(plan("test", validConfig(fullConfig)).sites[0]!.database!)["max_worker_processes"],
      undefined,
    );
  });

  it("is of known databases only", () => {
    const { database } = plan("test", validConfig(adopting())).sites[0]!;
    const target = { adopt: database!.adopt! };
    assert.deepEqual(
      chooseDatabases(target).map(({ name, owner }) => [name, owner]),
      [
        ["notes", "notes"],
        ["wiki", "notes"],
      ],
    );
    assert.deepEqual(
      chooseDatabases(target, ["wiki"]).map(({ name }) => name),
      ["wiki"],
    );
    assert.throws(() => chooseDatabases(target, ["wikis"]), /wikis is not adopted[^]*did you mean wiki/);
  });
});

describe("what is in the way of an adoption", () => {
  it("is nothing where all is as it should be", () => {
    assert.deepEqual(found({ source: { tables: [table] } }), { obstacles: [], notes: [] });
  });

  const cases: [string, Parameters<typeof found>[0], RegExp][] = [
    ["an old server", { source: { version: 130000 } }, /PostgreSQL 13: 14 or later/],
    ["a replica", { source: { isReplica: true } }, /is a replica/],
    ["WAL that says too little", { source: { walLevel: "replica" } }, /wal_level = logical/],
    ["no free slots", { source: { slots: { most: 10, used: 8 } } }, /raise max_replication_slots to 11/],
    ["no free senders", { source: { senders: { most: 10, used: 8 } } }, /raise max_wal_senders to 11/],
    ["no replication", { source: { refusesReplication: "must be" } }, /ALTER ROLE mover REPLICATION.*must be/],
    ["no right to a publication", { source: { mayCreate: false } }, /GRANT CREATE ON DATABASE/],
    ["tables of others", { source: { tables: [{ ...table, owned: false }] } }, /GRANT owner TO mover: public\.t/],
    ["sequences of others", { source: { hiddenSequences: ["s"] } }, /may not read sequences.*: s/],
    ["rows without identity", { source: { tables: [{ ...table, identified: false }] } }, /REPLICA IDENTITY/],
    ["hidden rows", { source: { tables: [{ ...table, forcesPolicies: true }] } }, /policies hide rows/],
    ["triggers", { source: { tables: [{ ...table, firesOnReplicas: true }] } }, /fire a second time/],
    ["large objects", { source: { largeObjects: 3 } }, /3 large objects/],
    ["bytes for text", { source: { encoding: "SQL_ASCII" } }, /SQL_ASCII/],
    ["an unknown extension", { source: { extensions: [{ name: "timescaledb", schema: "public" }] } }, /cannot be had/],
    ["an undeclared extension", { source: { extensions: [{ name: "hstore", schema: "public" }] } }, /add it to/],
    [
      "an extension elsewhere",
      {
        declared: ["hstore"],
        source: { extensions: [{ name: "hstore", schema: "ext" }] },
        here: { extensions: [{ name: "hstore", schema: "public" }] },
      },
      /in schema ext there and public here/,
    ],
    ["functions in C", { source: { superuserFunctions: ["f() (c)"] } }, /languages of superusers: f\(\) \(c\)/],
    ["foreign servers", { source: { foreignServers: ["far"] } }, /foreign servers.*: far/],
    ["event triggers", { source: { eventTriggers: ["e"] } }, /event triggers.*: e/],
    ["a missing collation", { source: { collations: ["C", "fr_FR"] } }, /collations that are not here.*: fr_FR$/],
    ["a missing database", { here: { exists: false } }, /archipel up makes it/],
    ["a full database", { here: { relations: ["public.x"] } }, /nothing may be in it: public\.x/],
    ["a small volume", { here: { freeBytes: 2 ** 30 } }, /raise archipel:database\.storage/],
    ["writes that moved", { source: { moved: true } }, /cut over already/],
  ];
  for (const [what, changes, expected] of cases) {
    it(`is ${what}, and that alone`, () => {
      const { obstacles } = found(changes);
      assert.equal(obstacles.length, 1, obstacles.join("\n"));
      assert.match(obstacles[0]!, expected);
    });
  }

  it("is no longer the place that it fills itself", () => {
    const changes = {
      source: { slots: { most: 1, used: 1 } },
      here: { begun: true, relations: ["public.t"], freeBytes: 0 },
    };
    assert.deepEqual(found(changes).obstacles, []);
  });

  it("is told apart from what should be known", () => {
    const unlogged = { ...table, unlogged: true, identified: false };
    const { obstacles, notes } = found({ source: { tables: [unlogged], collation: "fr_FR.UTF-8", slotKeeps: "10GB" } });
    assert.deepEqual(obstacles, []);
    assert.equal(notes.length, 3);
  });
});

describe("the status of an adoption", () => {
  const progress = { tables: [], follows: true, errors: 0, connected: true };
  const lag = { bytes: 0, seconds: 0, kept: 0, state: "reserved" };

  it("warns of what the source keeps, lost, or was left with", () => {
    assert.deepEqual(findTroubles({ progress, lag, moved: false }), []);
    const one = (state: Parameters<typeof findTroubles>[0], expected: RegExp) => {
      const troubles = findTroubles(state);
      assert.equal(troubles.length, 1);
      assert.match(troubles[0]!, expected);
    };
    one({ progress, lag: { ...lag, kept: 3 * 2 ** 30 }, moved: false }, /keeps 3072 MiB/);
    one({ progress, lag: { ...lag, state: "lost" }, moved: false }, /threw WAL away/);
    one({ progress, moved: false }, /has no slot/);
    one({ progress: { ...progress, connected: false }, lag, moved: false }, /nobody replays/);
    one({ lag, moved: false }, /cut off/);
    one({ progress, moved: true }, /what is left/);
  });
});

describe("a session with psql", () => {
  /** A stand-in that answers each line with itself, says `problem` on standard error where it is told to, and ends. */
  const echo = `while read -r line; do case $line in
    ";"*) echo "-- end of answer --";; fail) echo "NOTICE: no" >&2; echo "ERROR: problem" >&2; exit 3;; *) echo "$line";;
  esac; done`;

  it("gives each question its own answer, and repeats what the server said when it ended", async () => {
    const session = new PsqlSession("bash", ["-c", echo], "the source");
    assert.deepEqual(await Promise.all([session.query("one"), session.query("two\nthree")]), [
      ["one"],
      ["two", "three"],
    ]);
    await assert.rejects(session.query("fail"), /^UserError: the source says: ERROR: problem$/);
    await assert.rejects(session.query("more"), /the source says/);
    await session.close();
  });
});

describe("pg-passfile", () => {
  it("writes a password as libpq reads it, for its user alone", async () => {
    const folder = await mkdtemp(join(tmpdir(), "passfile-"));
    try {
      const [password, passfile] = [join(folder, "password"), join(folder, "new", "passfile")];
      await writeFile(password, "a:b\\c\n");
      await execa(join(import.meta.dirname, "../../images/patroni/scripts/pg-passfile"), [password, passfile]);
      assert.equal(await readFile(passfile, "utf8"), "*:*:*:*:a\\:b\\\\c\n");
      assert.equal((await stat(passfile)).mode & 0o777, 0o600);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
