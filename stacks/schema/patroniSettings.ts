import { z } from "zod";

/**
 * Key `archipel:database.patroni`: settings of Patroni itself, with the names and units that its manual gives them, which also says
 * the least that it takes of ttl, loop_wait and retry_timeout (dynamic configuration). Those that
 * are missing here are what the platform's promises rest on (failsafe_mode, synchronous_mode and its like: `whenAlone`).
 */
export const patroniSettings = z
  .strictObject({
    ttl: z
      .int()
      .min(20)
      .max(300)
      .default(20)
      .describe(
        "seconds after which a primary that says nothing is replaced: 20 (Patroni accepts no less) to 300; more where the DCS is far away or slow",
      ),
    loop_wait: z
      .int()
      .min(1)
      .max(60)
      .default(2)
      .describe("seconds between two looks at PostgreSQL and the DCS: 1 to 60"),
    retry_timeout: z
      .int()
      .min(3)
      .max(120)
      .default(6)
      .describe("seconds for which a question to the DCS or PostgreSQL is repeated: 3 to 120"),
    maximum_lag_on_failover: z
      .int()
      .min(0)
      .default(2 ** 20)
      .describe("bytes of WAL that a replica may be behind and still become primary"),
    primary_start_timeout: z
      .int()
      .min(0)
      .max(3600)
      .default(0)
      .describe(
        "seconds that a primary that crashed gets to start again before a replica takes over: 0 (at once, for replicas have all that was confirmed) to 3600",
      ),
    primary_stop_timeout: z
      .int()
      .min(1)
      .max(60)
      .default(10)
      .describe("seconds that a primary gets to stop in order; then it is ended: 1 to 60"),
  })
  .prefault({})
  .describe("settings of Patroni itself, by the names of its manual; changed while it runs");
