/** The environment variables that each binding gives an app; the example app and the docs use the same names. */
export const BINDING_ENV = {
  database: [
    "DATABASE_URL",
    "DATABASE_READ_URL",
    "PGHOST",
    "PGPORT",
    "PGDATABASE",
    "PGUSER",
    "PGPASSWORD",
    "PGSSLMODE",
    "PGSSLROOTCERT",
  ],
  databaseDirect: ["DATABASE_DIRECT_URL", "DATABASE_DIRECT_READ_URL", "PGLOADBALANCEHOSTS"],
  bucket: [
    "S3_ENDPOINT",
    "S3_BUCKET",
    "S3_ACCESS_KEY_ID",
    "S3_SECRET_ACCESS_KEY",
    "S3_CA_FILE",
    "S3_REGION",
    "S3_FORCE_PATH_STYLE",
  ],
} as const satisfies Record<string, readonly string[]>;
