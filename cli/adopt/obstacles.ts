import { EXTENSIONS } from "../../stacks/schema/extensions.ts";
import type { HereFacts, Room, SourceFacts, TableFacts } from "./facts.ts";

/** Oldest version whose publications this knows, as PostgreSQL numbers them. */
const OLDEST = 140000;

/** Slots and senders that one database takes: one that stays, and two for tables that are being copied. */
const PER_DATABASE = 3;

/** Part of the free space here that what comes may take: indexes are built and WAL is written beside it. */
const SHARE_OF_SPACE = 0.7;

/** What a check found for one database. */
export interface Findings {
  /** What must be changed first, and how. */
  obstacles: string[];
  /** What is as it is, and should be known. */
  notes: string[];
}

/** Arguments of judge. */
export interface JudgeArgs {
  /** Name of the database. */
  name: string;
  /** Login on the source. */
  user: string;
  /** Extensions that config declares for it. */
  declared: string[];
  /** How many databases come. */
  databases: number;
  /** What the source says. */
  source: SourceFacts;
  /** What stands here. */
  here: HereFacts;
}

/** Everything that is in the way of one database, and everything that will not come with it. */
export function judge(args: JudgeArgs): Findings {
  const { source, here } = args;
  // What has begun holds its slot and fills its place already.
  const first = here.begun ? [] : [...rooms(args), ...place(args)];
  return { obstacles: [...server(source), ...first, ...rights(args), ...content(args)], notes: notes(source) };
}

function server({ version, isReplica, walLevel, moved }: SourceFacts): string[] {
  return [
    ...when(moved, "it was cut over already: the source refuses writes to it"),
    ...when(version < OLDEST, `the source is PostgreSQL ${Math.floor(version / 10000)}: 14 or later is needed`),
    ...when(isReplica, "the source is a replica: name the server that takes writes"),
    ...when(
      walLevel !== "logical",
      `the source has wal_level ${walLevel}: ALTER SYSTEM SET wal_level = logical, and restart it`,
    ),
  ];
}

function rooms({ databases, source: { slots, senders } }: JudgeArgs): string[] {
  const wanted = databases * PER_DATABASE;
  const full = (name: string, { most, used }: Room): string[] =>
    when(
      most - used < wanted,
      `the source has ${most - used} of ${most} ${name} left, ${wanted} are needed: raise ${name} to ${used + wanted}, and restart it`,
    );
  return [...full("max_replication_slots", slots), ...full("max_wal_senders", senders)];
}

function place({ source, here, databases }: JudgeArgs): string[] {
  const allowed = Math.floor((here.freeBytes * SHARE_OF_SPACE) / databases);
  return [
    ...when(!here.exists, "it does not exist here yet: archipel up makes it"),
    ...named("it holds something here already, nothing may be in it", here.relations),
    ...when(
      source.bytes > allowed,
      `it has ${mebibytes(source.bytes)} MiB, and there is room for ${mebibytes(allowed)} MiB here: raise archipel:database.storage`,
    ),
  ];
}

function rights({ user, source: { refusesReplication, mayCreate, tables, hiddenSequences } }: JudgeArgs): string[] {
  return [
    ...when(
      refusesReplication !== undefined,
      `${user} may not replicate: ALTER ROLE ${user} REPLICATION, and a rule for it in pg_hba.conf; the source says: ${refusesReplication}`,
    ),
    ...when(!mayCreate, `${user} may not make a publication: GRANT CREATE ON DATABASE, or membership in its owner`),
    ...named(
      `${user} is no member of the owners of tables: GRANT owner TO ${user}`,
      tables.filter(({ owned }) => !owned).map(({ name }) => name),
    ),
    ...named(`${user} may not read sequences: GRANT SELECT ON SEQUENCE`, hiddenSequences),
  ];
}

function content({ declared, source, here }: JudgeArgs): string[] {
  const { encoding, tables, largeObjects, superuserFunctions, foreignServers, eventTriggers, collations } = source;
  const sent = tables.filter(({ unlogged }) => !unlogged);
  const those = (which: (table: TableFacts) => boolean): string[] => sent.filter(which).map(({ name }) => name);
  return [
    ...when(encoding === "SQL_ASCII", "its encoding is SQL_ASCII: nobody can say what its text means in UTF8"),
    ...named(
      "changed rows cannot be told from others: ALTER TABLE ... ADD PRIMARY KEY, or REPLICA IDENTITY USING INDEX or FULL",
      those(({ identified }) => !identified),
    ),
    ...named(
      "policies hide rows from the owner: ALTER TABLE ... NO FORCE ROW LEVEL SECURITY",
      those(({ forcesPolicies }) => forcesPolicies),
    ),
    ...named(
      "triggers would fire a second time here: ALTER TABLE ... ENABLE TRIGGER, not ALWAYS or REPLICA",
      those(({ firesOnReplicas }) => firesOnReplicas),
    ),
    ...when(largeObjects > 0, `it has ${largeObjects} large objects, which no replication sends: move them to bytea`),
    ...extensions(declared, source, here),
    ...named("functions in languages of superusers", superuserFunctions),
    ...named("foreign servers, with their passwords: make them here by hand, and drop them there", foreignServers),
    ...named("event triggers, which only a superuser makes: drop them", eventTriggers),
    ...(here.exists
      ? named(
          "collations that are not here: ALTER TABLE ... COLLATE",
          collations.filter((one) => !here.collations.includes(one)),
        )
      : []),
  ];
}

function extensions(declared: string[], source: SourceFacts, here: HereFacts): string[] {
  return source.extensions.flatMap(({ name, schema }) => {
    if (!(EXTENSIONS as readonly string[]).includes(name)) {
      return [`extension ${name} cannot be had here: drop it there`];
    }
    if (!declared.includes(name)) return [`extension ${name}: add it to archipel:database.databases[].extensions`];
    const found = here.extensions.find((one) => one.name === name);
    return when(
      found !== undefined && found.schema !== schema,
      `extension ${name} is in schema ${schema} there and ${found?.schema} here: ALTER EXTENSION ${name} SET SCHEMA`,
    );
  });
}

function notes({ tables, collation, slotKeeps }: SourceFacts): string[] {
  return [
    ...named(
      "unlogged tables come empty",
      tables.filter(({ unlogged }) => unlogged).map(({ name }) => name),
    ),
    ...when(
      !/^C(\.|$)|^POSIX$/.test(collation),
      `text is sorted by ${collation} there and by C.UTF-8 here: ORDER BY may give another order`,
    ),
    ...when(
      slotKeeps !== "-1",
      `the source keeps ${slotKeeps} of WAL for a slot (max_slot_wal_keep_size): if it falls further behind, it starts anew`,
    ),
  ];
}

const when = (so: boolean, text: string): string[] => (so ? [text] : []);

const named = (text: string, names: string[]): string[] => (names.length > 0 ? [`${text}: ${names.join(", ")}`] : []);

const mebibytes = (bytes: number): number => Math.ceil(bytes / 2 ** 20);
