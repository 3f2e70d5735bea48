import { z } from "zod";
import { configKey, hostName, resources, shortName, sqlName } from "./common.ts";
import { mounts } from "./mounts.ts";

const envName = z
  .string()
  .regex(/^[-._a-zA-Z][-._a-zA-Z0-9]{0,127}$/)
  .describe("name of an environment variable: letters, digits, dots, dashes and underscores");

const secretReference = z
  .union([
    z.strictObject({ config: configKey("config key with the value") }),
    z.strictObject({
      secret: z.string().min(1).describe("name of a Secret that is already in the apps' namespace"),
      key: z.string().min(1).describe("key inside the Secret"),
    }),
    z.strictObject({ generate: z.int().min(1).describe("a random value; raise the number to make a new one") }),
  ])
  .describe("a secret: {config: KEY}, {secret: NAME, key: KEY} or {generate: 1}");

const path = (what: string) =>
  z
    .string()
    .regex(/^\/[-._~/a-zA-Z0-9]*$/)
    .describe(`${what}: starts with /`);

const route = z.strictObject({
  host: hostName("host name that clients use"),
  path: path("path prefix").default("/"),
  stripPrefix: z.boolean().default(false).describe("true: the path prefix is removed before the app sees it"),
});

const probes = z
  .strictObject({
    startup: path("path that answers when the app has started").default("/livez"),
    liveness: path("path that answers while the process is alive; must not check its database").default("/livez"),
    readiness: path("path that answers when the app can serve").default("/readyz"),
    startupSeconds: z.int().min(1).max(1800).default(60).describe("seconds that a start may take: 1 to 1800"),
  })
  .prefault({})
  .describe("HTTP probes");

const app = z.strictObject({
  name: shortName("name of the app"),
  image: z
    .string()
    .regex(/^([a-z0-9-]+|[^@\s]+(:[^@\s]+)?@sha256:[0-9a-f]{64})$/)
    .describe("name of an image of the lock, or a reference with a digest: REPOSITORY:TAG@sha256:..."),
  command: z.array(z.string()).optional().describe("command instead of the image's own"),
  port: z.int().min(1024).max(65535).default(8080).describe("port that the app listens on: 1024 to 65535"),
  uid: z.int().min(1000).max(65000).default(10006).describe("user id that the app runs as: 1000 to 65000"),
  metricsPath: path("path of the app's Prometheus metrics").optional(),
  replicas: z.int().min(1).max(50).default(2).describe("pods: 1 to 50"),
  env: z.record(envName, z.string()).default({}).describe("environment variables"),
  secretEnv: z.record(envName, secretReference).default({}).describe("environment variables from secrets"),
  routes: z.array(route).default([]).describe("host names and paths at the edge"),
  probes,
  resources: resources({ cpu: "50m", memory: "128Mi", memoryLimit: "256Mi" }),
  stopSeconds: z.int().min(1).max(600).default(30).describe("seconds that the app gets to stop: 1 to 600"),
  release: z
    .strictObject({
      command: z.array(z.string()).min(1).describe("command that runs once per release, before the rollout"),
      timeoutSeconds: z.int().min(10).max(7200).default(600).describe("seconds that it may take: 10 to 7200"),
    })
    .optional()
    .describe("release job, for instance database migrations"),
  bindings: z
    .strictObject({
      database: sqlName("database of archipel:database").optional(),
      databaseDirect: z
        .strictObject({
          connections: z
            .int()
            .min(1)
            .max(500)
            .default(5)
            .describe("most connections that one pod opens to a member, for writes and reads together: 1 to 500"),
        })
        .optional()
        .describe(
          "the members' own addresses beside the pooler's, for clients that find the primary by themselves: {} or {connections: N}; default: the pooler alone",
        ),
      bucket: z.string().min(3).optional().describe("bucket of archipel:objects"),
    })
    .prefault({})
    .describe("what the app gets from the platform, as environment variables"),
  mounts,
});

/** Key `archipel:apps`: the 12-factor apps. */
export const apps = z.array(app).max(500).default([]).describe("the apps: a list");

/** One app as config describes it. */
export type AppConfig = z.output<typeof app>;
