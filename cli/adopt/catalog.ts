/** What stands in a database beside what PostgreSQL and extensions bring: tables, sequences and their like. */
export const RELATIONS = `
  SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence, c.relowner, c.relreplident, c.relforcerowsecurity,
    format('%I.%I', n.nspname, c.relname) AS name
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'f', 'm', 'v', 'S') AND c.relpersistence <> 't'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_toast'
    AND NOT EXISTS (SELECT FROM pg_depend AS d
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')`;

/** Of these, the tables that hold rows which are sent: a partitioned table sends those of its partitions. */
export const SENT_TABLES = `SELECT * FROM (${RELATIONS}) AS relations WHERE relkind = 'r' AND relpersistence = 'p'`;

/** Columns of each table as text, for a comparison. */
export const COLUMNS = `
  SELECT coalesce(json_object_agg(name, columns), '{}') FROM (
    SELECT name, string_agg(format('%s %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum) AS columns
    FROM (${RELATIONS}) AS relations JOIN pg_attribute ON attrelid = oid AND attnum > 0 AND NOT attisdropped
    WHERE relkind IN ('r', 'p') GROUP BY name) AS tables`;
