import type * as pulumi from "@pulumi/pulumi";
import type { DatabasePlan } from "../../stacks/plan.ts";
import type { Platform } from "../platform.ts";
import { ACCOUNTS, formerPasswordEnv, passwordEnv } from "./accounts.ts";
import { ADMIN_TLS, databaseJob } from "./job.ts";
import { PATRONI_PORT } from "./layout.ts";
import { settings } from "./patroniConfig.ts";
import { certificateVolume } from "./pods.ts";

/** Arguments of the database's Jobs. */
export interface JobArgs {
  /** The database. */
  plan: DatabasePlan;
  /** Where it stands. */
  platform: Platform;
}

/**
 * A Job that brings the members' shared settings to what config says, with reloads, and restarts one by one where
 * PostgreSQL needs them.
 */
export function settingsJob(name: string, { plan, platform }: JobArgs, opts: pulumi.CustomResourceOptions): void {
  databaseJob(
    name,
    {
      database: plan.name,
      platform,
      kind: "settings",
      command: ["pg-settings"],
      env: [
        { name: "PATRONI_URLS", value: plan.members.map(({ host }) => `https://${host}:${PATRONI_PORT}`).join(" ") },
        { name: "PATRONI_CA", value: `${ADMIN_TLS}/ca.crt` },
        { name: "PATRONI_RESTAPI_USERNAME", value: ACCOUNTS.restapi.role },
        passwordEnv("PATRONI_RESTAPI_PASSWORD", plan, "restapi"),
        ...formerPasswordEnv("PATRONI_FORMER_PASSWORD", plan, "restapi"),
        { name: "PG_SETTINGS", value: JSON.stringify(settings(plan)) },
      ],
      tls: certificateVolume("tls", plan.adminCertificate),
    },
    opts,
  );
}
