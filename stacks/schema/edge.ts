import { z } from "zod";
import { hostName, resources, shortName } from "./common.ts";

const tcpRoute = z.strictObject({
  name: shortName("name of the route"),
  port: z.int().min(1).max(65535).describe("port at the edge: 1 to 65535"),
  to: z.enum(["database-primary", "database-pooler"]).describe("database-primary or database-pooler"),
});

/** Key `archipel:edge`: the site's entry for HTTP and TCP. */
export const edge = z
  .strictObject({
    kind: z.literal("haproxy").default("haproxy").describe("haproxy"),
    replicas: z.int().min(2).max(20).default(2).describe("HAProxy pods: 2 to 20"),
    tcp: z.array(tcpRoute).max(50).default([]).describe("TCP routes"),
    objects: z
      .strictObject({ host: hostName("host name by which clients in the world reach the object store") })
      .optional()
      .describe("the object store, served to the world under a host name of its own; default: it is not"),
    maxConnections: z.int().min(100).max(100000).default(4000).describe("connections per pod: 100 to 100000"),
    drainSeconds: z.int().min(1).max(600).default(30).describe("seconds that open connections get when a pod stops"),
    hstsSeconds: z
      .int()
      .min(0)
      .max(63072000)
      .default(0)
      .describe("seconds for which browsers insist on HTTPS (HSTS): 0 (not at all) to 63072000; hard to take back"),
    resources: resources({ cpu: "50m", memory: "128Mi", memoryLimit: "512Mi" }),
  })
  .describe("the site's entry for HTTP and TCP");

/** The edge as config describes it. */
export type EdgeConfig = z.output<typeof edge>;
