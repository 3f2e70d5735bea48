import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { loginName } from "../../stacks/names.ts";
import type { DatabasePlan } from "../../stacks/plan.ts";
import { shortHash } from "../hash.ts";
import type { Platform } from "../platform.ts";
import { containerResources, memoryVolume, restrictedContainer, smallResources } from "../pod.ts";
import { ACCOUNTS, passwordEnv, roleSecret } from "./accounts.ts";
import { PATRONI_PORT, POSTGRES_PORT } from "./layout.ts";
import { settings } from "./patroniConfig.ts";
import { basePod, certificateVolume, podLabels, withInit } from "./pods.ts";

type PodSpec = k8s.types.input.core.v1.PodSpec;

/** Folder of the client certificate with which Jobs come to the members. */
const ADMIN_TLS = "/tls/admin";

/** Folder with one file for each role, which holds its password. */
const ROLES_FOLDER = "/secrets/roles";

/** Seconds that a Job may wait for a primary and work: longer than any start of a site. */
const DEADLINE_SECONDS = 3600;

/** Arguments of the database's Jobs. */
export interface JobArgs {
  /** The database. */
  plan: DatabasePlan;
  /** Where it stands. */
  platform: Platform;
}

/**
 * A Job that makes the roles and databases of config, and drops none.
 */
export function convergeJob(name: string, { plan, platform }: JobArgs, opts: pulumi.CustomResourceOptions): void {
  const desired = {
    roles: plan.roles.map(({ name, connectionLimit, generation, login }) => ({
      name,
      connectionLimit,
      login,
      // The one that clients may still have until they are told the new one.
      ...(generation > 1 && { former: loginName(name, generation - 1) }),
    })),
    databases: plan.databases,
  };
  job(
    name,
    {
      plan,
      platform,
      kind: "converge",
      command: ["pg-converge"],
      env: [
        { name: "PGHOST", value: plan.members.map((member) => member.host).join(",") },
        { name: "PGPORT", value: String(POSTGRES_PORT) },
        passwordEnv("PGPASSWORD", plan, "superuser"),
        { name: "PG_TLS", value: ADMIN_TLS },
        passwordEnv("PG_POOLER_PASSWORD", plan, "pooler"),
        passwordEnv("PG_MONITOR_PASSWORD", plan, "monitor"),
        { name: "PG_ROLES", value: ROLES_FOLDER },
        { name: "PG_DESIRED", value: JSON.stringify(desired) },
      ],
      files: {
        mount: { name: "roles", mountPath: ROLES_FOLDER, readOnly: true },
        volume: {
          name: "roles",
          projected: {
            defaultMode: 0o440,
            sources: plan.roles.map((role) => ({
              secret: { name: roleSecret(plan, role.name), items: [{ key: "password", path: role.name }] },
            })),
          },
        },
      },
    },
    opts,
  );
}

/**
 * A Job that brings the members' shared settings to what config says, with reloads, and restarts one by one where
 * PostgreSQL needs them.
 */
export function settingsJob(name: string, { plan, platform }: JobArgs, opts: pulumi.CustomResourceOptions): void {
  const wanted = settings(plan);
  job(
    name,
    {
      plan,
      platform,
      kind: "settings",
      command: ["pg-settings"],
      env: [
        { name: "PATRONI_URLS", value: plan.members.map(({ host }) => `https://${host}:${PATRONI_PORT}`).join(" ") },
        { name: "PATRONI_CA", value: `${ADMIN_TLS}/ca.crt` },
        { name: "PATRONI_RESTAPI_USERNAME", value: ACCOUNTS.restapi.role },
        passwordEnv("PATRONI_RESTAPI_PASSWORD", plan, "restapi"),
        { name: "PG_SETTINGS", value: JSON.stringify(wanted) },
      ],
    },
    opts,
  );
}

/** One Job: what it does, and what it needs beside the admin's certificate. */
interface OneJobArgs extends JobArgs {
  kind: string;
  command: string[];
  env: k8s.types.input.core.v1.EnvVar[];
  files?: { mount: k8s.types.input.core.v1.VolumeMount; volume: k8s.types.input.core.v1.Volume };
}

/** Named after its pod, whatever of it changes: a Job itself cannot be changed. */
function job(name: string, args: OneJobArgs, opts: pulumi.CustomResourceOptions): void {
  const { plan, platform, kind } = args;
  const own = podLabels(plan, "job");
  const spec = jobPod(args);
  new k8s.batch.v1.Job(
    name,
    {
      metadata: {
        name: `${plan.name}-${kind}-${shortHash(spec)}`,
        namespace: platform.namespaces.data,
        labels: own,
      },
      spec: {
        backoffLimit: 30,
        activeDeadlineSeconds: DEADLINE_SECONDS,
        template: { metadata: { labels: own }, spec },
      },
    },
    opts,
  );
}

function jobPod({ plan, platform, kind, command, env, files }: OneJobArgs): PodSpec {
  return {
    ...basePod(platform),
    restartPolicy: "OnFailure",
    containers: [
      {
        ...restrictedContainer,
        name: kind,
        image: platform.images("patroni"),
        command: withInit(...command),
        env,
        resources: containerResources(smallResources),
        volumeMounts: [
          { name: "tls", mountPath: ADMIN_TLS, readOnly: true },
          { name: "tmp", mountPath: "/tmp" },
          ...(files ? [files.mount] : []),
        ],
      },
    ],
    volumes: [
      certificateVolume("tls", plan.adminCertificate),
      memoryVolume("tmp", "16Mi"),
      ...(files ? [files.volume] : []),
    ],
  };
}
