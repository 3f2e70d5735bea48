import assert from "node:assert/strict";
import type { ClusterFacts } from "../../components/cluster/preflight.ts";
import { readConfig, type Config } from "../../stacks/config.ts";

/** A cluster with three nodes in two zones, and nothing else. */
export const bareCluster: ClusterFacts = {
  kubernetes: { major: 1, minor: 35 },
  nodes: ["a", "b", "a"].map((zone, index) => ({ name: `n${index + 1}`, zone })),
  storageClasses: [],
  volumes: [],
  csiDrivers: [],
  claims: [],
  namespaces: [],
  certManager: false,
  rook: false,
  upgrading: false,
  generations: {},
};

/** A config of everything that the schemas know, on one site of three nodes. */
export const fullConfig = {
  "archipel:sites": [
    { name: "site1", capabilities: { nodes: 3, zones: ["a", "b"], storageClasses: { block: "ssd" } } },
  ],
  "archipel:database": {
    databases: [{ name: "notes" }, { name: "wiki", owner: "notes" }],
    roles: [{ name: "reader" }],
    backup: {
      offsite: {
        endpoint: "https://s3.example.org",
        bucket: "archipel",
        accessKeyIdFrom: "offsiteId",
        secretAccessKeyFrom: "offsiteKey",
      },
    },
  },
  "archipel:objects": {
    acceptUnmaintained: true,
    buckets: [{ name: "files" }],
    users: [{ name: "backup", access: [{ bucket: "files" }] }],
  },
  "archipel:monitoring": { kind: "prometheus", alertmanagers: [{ host: "alerts.example.org" }] },
  "archipel:edge": { tcp: [{ name: "sql", port: 5432, to: "database-primary" }] },
  "archipel:apps": [
    {
      name: "notes",
      image: "notes",
      routes: [
        { host: "notes.example.org" },
        { host: "notes.example.org", path: "/api/v2" },
        { host: "notes.example.org", path: "/api" },
      ],
      bindings: { database: "notes", bucket: "files" },
    },
    { name: "wiki", image: "notes", bindings: { database: "wiki" } },
  ],
} as const;

/** The same with an object store that somebody else runs. */
export const externalObjectsConfig = {
  ...fullConfig,
  "archipel:objects": {
    kind: "external",
    endpoint: "https://s3.site.example.org:7480",
    caFrom: "objectsCa",
    manage: "rgw",
    account: { accessKeyIdFrom: "objectsId", secretAccessKeyFrom: "objectsKey" },
    buckets: [{ name: "files", quota: "10Gi" }],
    users: [{ name: "backup", access: [{ bucket: "files", mode: "readonly" }] }],
    copy: {
      endpoint: "https://s3.elsewhere.example.org",
      accessKeyIdFrom: "offsiteId",
      secretAccessKeyFrom: "offsiteKey",
      prefix: "grenoble-",
    },
  },
} as const;

/** The same with a PostgreSQL that somebody else runs. */
export const externalConfig = {
  ...fullConfig,
  "archipel:database": {
    kind: "external",
    host: "db.example.org",
    caFrom: "databaseCa",
    passwordFrom: "databasePassword",
    backup: { archiveMinutes: 30 },
    databases: [{ name: "notes" }, { name: "wiki", owner: "notes" }],
  },
  "archipel:edge": {},
} as const;

/** The same with a Ceph in the place of MinIO. */
export const cephConfig = {
  ...fullConfig,
  "archipel:objects": {
    kind: "ceph",
    devices: { deviceFilter: "^nvme[12]n1$" },
    copy: "none",
    buckets: [{ name: "files" }],
    users: [{ name: "backup", access: [{ bucket: "files" }] }],
  },
} as const;

/** Reads a raw config that has no shape mistakes. */
export function validConfig(raw: Record<string, unknown>): Config {
  const { config, mistakes } = readConfig(structuredClone(raw));
  assert.deepEqual(mistakes, []);
  return config as Config;
}
