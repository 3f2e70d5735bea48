/** Everything that differs between one deployment and the next, from the environment. */
export interface Settings {
  /** Port that the app listens on. */
  port: number;
  /** Heading of the page. */
  title: string;
  /** Where rows are kept. */
  database: DatabaseSettings;
  /** Where files are kept. */
  bucket: BucketSettings;
}

/** A PostgreSQL database: a URL, or its parts. */
export type DatabaseSettings =
  | { url: string }
  | { host: string; port: number; name: string; user: string; password: string; caFile: string | undefined };

/** A bucket of an S3 server. */
export interface BucketSettings {
  endpoint: string;
  region: string;
  name: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** PEM file of the authorities that may have signed the server's certificate; undefined: the public ones. */
  caFile: string | undefined;
}

/** Gives a variable's value and remembers the names of those that are missing. */
type Required = (name: string) => string;

/**
 * Reads the settings.
 *
 * @param env the environment.
 * @throws Error naming every variable that is missing, never a value.
 */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  return allOf(env, (required) => ({
    port: Number(env["PORT"] ?? 8080),
    title: env["TITLE"] ?? "Notes",
    database: databaseSettings(env, required),
    bucket: {
      endpoint: required("S3_ENDPOINT"),
      region: env["S3_REGION"] ?? "us-east-1",
      name: required("S3_BUCKET"),
      accessKeyId: required("S3_ACCESS_KEY_ID"),
      secretAccessKey: required("S3_SECRET_ACCESS_KEY"),
      caFile: env["S3_CA_FILE"],
    },
  }));
}

/**
 * Reads the settings of the database alone, which is all that a migration needs.
 *
 * @param env the environment.
 * @throws Error naming every variable that is missing.
 */
export function readDatabaseSettings(env: NodeJS.ProcessEnv): DatabaseSettings {
  return allOf(env, (required) => databaseSettings(env, required));
}

function allOf<T>(env: NodeJS.ProcessEnv, read: (required: Required) => T): T {
  const missing: string[] = [];
  const settings = read((name) => {
    const value = env[name];
    if (!value) missing.push(name);
    return value ?? "";
  });
  if (missing.length > 0) throw new Error(`set these environment variables: ${missing.join(", ")}`);
  return settings;
}

function databaseSettings(env: NodeJS.ProcessEnv, required: Required): DatabaseSettings {
  // With a URL the parts are not looked at, without one each is needed.
  if (env["DATABASE_URL"]) return { url: env["DATABASE_URL"] };
  return {
    host: required("PGHOST"),
    port: Number(env["PGPORT"] ?? 5432),
    name: required("PGDATABASE"),
    user: required("PGUSER"),
    password: required("PGPASSWORD"),
    caFile: env["PGSSLROOTCERT"],
  };
}
