import { z } from "zod";
import { resources } from "./common.ts";

/** Minutes that cron can repeat evenly. */
const PERIODS = [5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440];

/** Key `archipel:dcs`: the etcd in which Patroni elects. */
export const dcs = z
  .strictObject({
    // etcd's log alone takes 384 MiB.
    storage: z
      .string()
      .regex(/^[1-9][0-9]*(Gi|Ti)$/)
      .default("1Gi")
      .describe("volume of one voter: a number and Gi or Ti, such as 1Gi"),
    generation: z.int().min(1).default(1).describe("number of the passwords, 1 or more: raise it to generate new ones"),
    snapshots: z
      .strictObject({
        everyMinutes: z
          .literal(PERIODS)
          .default(60)
          .describe(`minutes between snapshots, dividing a day evenly: ${PERIODS.join(", ")}`),
        keep: z.int().min(1).max(100).default(6).describe("snapshots kept: 1 to 100"),
      })
      .prefault({})
      .describe("snapshots of the DCS's content, kept on a volume beside it"),
    resources: resources({ cpu: "50m", memory: "128Mi", memoryLimit: "512Mi" }),
  })
  .prefault({})
  .describe("the etcd in which Patroni elects: three voters");

/** The DCS as config describes it. */
export type DcsConfig = z.output<typeof dcs>;
