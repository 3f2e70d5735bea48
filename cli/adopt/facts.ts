import { PATHS } from "../../components/database/layout.ts";
import type { AdoptedDatabase } from "../../stacks/plan.ts";
import { onMember } from "../database/target.ts";
import { RELATIONS } from "./catalog.ts";
import { queryJson, replicationRefusal, type Adoption } from "./connections.ts";

/** A table of the source. */
export interface TableFacts {
  /** Schema and name, quoted as SQL needs it. */
  name: string;
  /** Whether its rows are in no WAL. */
  unlogged: boolean;
  /** Whether the login may do to it what its owner may. */
  owned: boolean;
  /** Whether a changed row can be told from others: by a primary key or a replica identity. */
  identified: boolean;
  /** Whether its policies hide rows from its owner. */
  forcesPolicies: boolean;
  /** Whether it has triggers that fire where rows come by replication. */
  firesOnReplicas: boolean;
}

/** What a server can still give out. */
export interface Room {
  /** Most that there can be. */
  most: number;
  /** In use. */
  used: number;
}

/** What the source says of itself and of one database. */
export interface SourceFacts {
  /** PostgreSQL's own number of its version, such as 150004. */
  version: number;
  /** Whether it follows another server. */
  isReplica: boolean;
  /** `wal_level`. */
  walLevel: string;
  /** Replication slots. */
  slots: Room;
  /** Processes that send WAL. */
  senders: Room;
  /** `max_slot_wal_keep_size`; -1: whatever a slot needs. */
  slotKeeps: string;
  /** Encoding of the database, such as UTF8. */
  encoding: string;
  /** Collation of the database, such as fr_FR.UTF-8. */
  collation: string;
  /** Size of the database. */
  bytes: number;
  /** Whether the login may make a publication and a schema in it. */
  mayCreate: boolean;
  /** Whether it was cut over before. */
  moved: boolean;
  /** How many large objects it has. */
  largeObjects: number;
  /** Its tables, partitioned ones too. */
  tables: TableFacts[];
  /** Sequences that the login may not read. */
  hiddenSequences: string[];
  /** Extensions with their schema; plpgsql, which is everywhere, is left out. */
  extensions: { name: string; schema: string }[];
  /** Functions in languages that only a superuser may use, as `name (language)`. */
  superuserFunctions: string[];
  /** Names of foreign servers. */
  foreignServers: string[];
  /** Names of event triggers. */
  eventTriggers: string[];
  /** What it says where it does not let replication in. */
  refusesReplication?: string;
  /** Names of the collations of columns and domains, as PostgreSQL has them by itself. */
  collations: string[];
}

/** What stands here, where a database comes to. */
export interface HereFacts {
  /** Whether the database is there. */
  exists: boolean;
  /** Whether its definitions were copied: the rows come, or have come. */
  begun: boolean;
  /** Tables, views and sequences that are in it already. */
  relations: string[];
  /** Extensions with their schema. */
  extensions: { name: string; schema: string }[];
  /** Names of the collations that PostgreSQL has here. */
  collations: string[];
  /** Bytes that are free on the primary's volume. */
  freeBytes: number;
}

/** A list of different values, sorted. */
const list = (value: string, from: string): string =>
  `(SELECT coalesce(json_agg(DISTINCT ${value} ORDER BY ${value}), '[]') FROM ${from})`;

const EXTENSIONS = `(
  SELECT coalesce(json_agg(json_build_object('name', extname, 'schema', extnamespace::regnamespace::text)
    ORDER BY extname), '[]') FROM pg_extension WHERE extname <> 'plpgsql')`;

// A partitioned table has no rows of its own.
const identified = `
  relkind = 'p' OR relreplident = 'f'
  OR relreplident = 'd' AND EXISTS (SELECT FROM pg_index WHERE indrelid = oid AND indisprimary)
  OR relreplident = 'i' AND EXISTS (SELECT FROM pg_index WHERE indrelid = oid AND indisreplident)`;

const TABLES = `(SELECT coalesce(json_agg(json_build_object(
    'name', name,
    'unlogged', relpersistence = 'u',
    'owned', pg_has_role(relowner, 'USAGE'),
    'identified', ${identified},
    'forcesPolicies', relforcerowsecurity,
    'firesOnReplicas', EXISTS (SELECT FROM pg_trigger WHERE tgrelid = oid AND tgenabled IN ('A', 'R') AND NOT tgisinternal)
  ) ORDER BY name), '[]') FROM relations WHERE relkind IN ('r', 'p'))`;

const notOfExtension = (catalog: string): string =>
  `NOT EXISTS (SELECT FROM pg_depend WHERE classid = '${catalog}'::regclass AND objid = one.oid AND deptype = 'e')`;

const sourceQuery = (link: string): string => `
  WITH relations AS (${RELATIONS})
  SELECT json_build_object(
    'version', current_setting('server_version_num')::int,
    'isReplica', pg_is_in_recovery(),
    'walLevel', current_setting('wal_level'),
    'slots', json_build_object('most', current_setting('max_replication_slots')::int,
      'used', (SELECT count(*) FROM pg_replication_slots)),
    'senders', json_build_object('most', current_setting('max_wal_senders')::int,
      'used', (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'walsender')),
    'slotKeeps', current_setting('max_slot_wal_keep_size'),
    'encoding', pg_encoding_to_char(encoding),
    'collation', datcollate,
    'bytes', pg_database_size(oid),
    'mayCreate', has_database_privilege(oid, 'CREATE'),
    'moved', to_regnamespace('${link}') IS NOT NULL,
    'largeObjects', (SELECT count(*) FROM pg_largeobject_metadata),
    'tables', ${TABLES},
    'hiddenSequences', ${list(
      "name",
      // Of other relations the function says an error, and the order of conditions is PostgreSQL's.
      "relations WHERE CASE WHEN relkind = 'S' THEN NOT has_sequence_privilege(oid, 'SELECT') END",
    )},
    'extensions', ${EXTENSIONS},
    'superuserFunctions', ${list(
      "format('%s (%s)', one.oid::regprocedure, lanname)",
      `pg_proc AS one JOIN pg_language ON pg_language.oid = prolang
       WHERE NOT lanpltrusted AND pronamespace <> 'pg_catalog'::regnamespace
         AND pronamespace <> 'information_schema'::regnamespace AND ${notOfExtension("pg_proc")}`,
    )},
    'foreignServers', ${list("srvname::text", "pg_foreign_server")},
    'eventTriggers', ${list("evtname::text", `pg_event_trigger AS one WHERE ${notOfExtension("pg_event_trigger")}`)},
    'collations', ${list(
      "collname::text",
      `pg_collation AS one JOIN (
         SELECT attcollation AS used FROM pg_attribute JOIN relations ON oid = attrelid WHERE attnum > 0
         UNION SELECT typcollation FROM pg_type WHERE typtype = 'd') AS columns ON used = one.oid
       WHERE collname <> 'default' AND collnamespace = 'pg_catalog'::regnamespace`,
    )})
  FROM pg_database WHERE datname = current_database()`;

/** What the source says of one database. @throws UserError with what it said. */
export async function readSource(adoption: Adoption, database: AdoptedDatabase): Promise<SourceFacts> {
  const facts = await queryJson<SourceFacts>(adoption, database, "source", sourceQuery(database.link));
  return { ...facts, refusesReplication: await replicationRefusal(adoption, database) };
}

/** What stands here, where a database comes to. @throws UserError with what a server said. */
export async function readHere(adoption: Adoption, database: AdoptedDatabase): Promise<HereFacts> {
  const { name, link } = database;
  const known = `
    SELECT json_build_object(
      'exists', EXISTS (SELECT FROM pg_database WHERE datname = '${name}'),
      'begun', EXISTS (SELECT FROM pg_subscription WHERE subname = '${link}'))`;
  const first = await queryJson<Pick<HereFacts, "exists" | "begun">>(adoption, { name: "postgres" }, "here", known);
  const freeBytes = await freeSpace(adoption);
  if (!first.exists) return { ...first, relations: [], extensions: [], collations: [], freeBytes };
  const content = `
    WITH relations AS (${RELATIONS})
    SELECT json_build_object(
      'relations', ${list("name", "relations")},
      'extensions', ${EXTENSIONS},
      'collations', ${list("collname::text", "pg_collation WHERE collnamespace = 'pg_catalog'::regnamespace")})`;
  const rest = await queryJson<Omit<HereFacts, "exists" | "begun" | "freeBytes">>(adoption, database, "here", content);
  return { ...first, ...rest, freeBytes };
}

async function freeSpace(adoption: Adoption): Promise<number> {
  const answer = await onMember(adoption, adoption.primary, "df", "--output=avail", "--block-size=1", PATHS.home);
  return Number(answer.trim().split("\n").at(-1));
}
