/** Where images of databases keep their files; two processes that open them without locks destroy them. */
const DATABASE_FOLDERS = [
  "/var/lib/postgresql",
  "/var/lib/mysql",
  "/var/lib/mongodb",
  "/data/db",
  "/usr/share/elasticsearch/data",
  "/usr/share/opensearch/data",
  "/var/lib/rabbitmq",
  "/var/lib/redis",
  "/exist/data",
];

/** Whether a folder is another one, or in it. */
export const isWithin = (inner: string, outer: string): boolean => inner === outer || inner.startsWith(`${outer}/`);

/** The database's folder that a mounted folder holds or is part of; undefined: none. */
export const databaseFolder = (mounted: string): string | undefined =>
  DATABASE_FOLDERS.find((one) => isWithin(mounted, one) || isWithin(one, mounted));
