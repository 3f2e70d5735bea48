import { z } from "zod";
import { resources, sqlName } from "./common.ts";

/** What every kind of pooler has; of pgpool, sizes are those of the PgBouncer for reads in its pods. */
const common = {
  replicas: z.int().min(1).max(10).default(2).describe("pods: 1 to 10"),
  maxClientConnections: z
    .int()
    .min(10)
    .max(10000)
    .default(500)
    .describe("client connections per pod, as far as PgBouncer takes them: 10 to 10000"),
  poolSize: z
    .int()
    .min(1)
    .max(500)
    .default(20)
    .describe("server connections of PgBouncer per database and role: 1 to 500"),
  poolSizes: z
    .record(sqlName("name of a database"), z.int().min(1).max(500))
    .default({})
    .describe("the same for single databases, by name: 1 to 500 each"),
  readLag: z
    .string()
    .regex(/^[1-9][0-9]*(Mi|Gi)$/)
    .default("16Mi")
    .describe("WAL that a replica may have still to replay and get reads: a number and Mi or Gi, such as 16Mi"),
};

const pgbouncer = z
  .strictObject({
    kind: z.literal("pgbouncer").default("pgbouncer").describe("pgbouncer"),
    ...common,
    resources: resources({ cpu: "50m", memory: "64Mi", memoryLimit: "256Mi" }),
  })
  .describe("PgBouncer: clients share connections, transaction by transaction");

const pgpool = z
  .strictObject({
    kind: z.literal("pgpool"),
    ...common,
    readsAfterWrite: z
      .enum(["primary", "replicas"])
      .default("primary")
      .describe(
        "where a session that has written reads from then on: primary (it sees what it wrote) or replicas (as soon as its transaction is over, be they behind)",
      ),
    resources: resources({ cpu: "50m", memory: "256Mi", memoryLimit: "768Mi" }),
  })
  .describe("pgpool-II: reads go to replicas by themselves; each client keeps a connection of its own");

/** Key `archipel:database.pooler`: what stands in front of PostgreSQL. */
export const pooler = z
  .discriminatedUnion("kind", [pgbouncer, pgpool])
  .prefault({ kind: "pgbouncer" })
  .describe("what stands in front of PostgreSQL: kind pgbouncer or pgpool");

/** The pooler as config describes it. */
export type PoolerConfig = z.output<typeof pooler>;

/** pgpool-II as config describes it. */
export type PgpoolConfig = z.output<typeof pgpool>;
