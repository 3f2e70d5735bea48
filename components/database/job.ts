import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { loginNames } from "../../stacks/names.ts";
import type { DatabaseContentPlan } from "../../stacks/plan.ts";
import { databaseGenerations, generationAnnotations } from "../generations.ts";
import { shortHash } from "../hash.ts";
import { endsWhenHopeless, jobAnnotations } from "../job.ts";
import type { Platform } from "../platform.ts";
import { containerResources, memoryVolume, restrictedContainer, smallResources, withInit } from "../pod.ts";
import { roleSecret } from "./names.ts";
import { basePod, podLabels } from "./pods.ts";

type EnvVar = k8s.types.input.core.v1.EnvVar;
type Volume = k8s.types.input.core.v1.Volume;

/** Folder with what a Job shows the server, and what it verifies the server by. */
export const ADMIN_TLS = "/tls/admin";

/** Folder with one file for each role, which holds its password. */
const ROLES_FOLDER = "/secrets/roles";

/** Seconds that a Job may wait for a primary and work: longer than any start of a site. */
const DEADLINE_SECONDS = 3600;

/** One Job on a database. */
export interface DatabaseJobArgs {
  /** Name of the database, which its name begins with. */
  database: string;
  /** What it does, in a word. */
  kind: string;
  /** Where it stands. */
  platform: Platform;
  /** Its command. */
  command: string[];
  /** Its environment. */
  env: EnvVar[];
  /** Volume `tls`: mounted at ADMIN_TLS. */
  tls: Volume;
  /** Annotations of the Job beside every Job's. */
  annotations?: Record<string, string>;
  /** A folder of files more, where it needs one. */
  files?: { mount: k8s.types.input.core.v1.VolumeMount; volume: Volume };
}

/** A Job, named after its pod, whatever of it changes: a Job itself cannot be changed. */
export function databaseJob(name: string, args: DatabaseJobArgs, opts: pulumi.CustomResourceOptions): void {
  const { database, platform, kind, annotations } = args;
  const own = podLabels({ name: database }, "job");
  const spec = jobPod(args);
  new k8s.batch.v1.Job(
    name,
    {
      metadata: {
        name: `${database}-${kind}-${shortHash(spec)}`,
        namespace: platform.namespaces.data,
        labels: own,
        annotations: { ...jobAnnotations, ...annotations },
      },
      spec: {
        backoffLimit: 30,
        activeDeadlineSeconds: DEADLINE_SECONDS,
        ...endsWhenHopeless,
        template: { metadata: { labels: own }, spec },
      },
    },
    opts,
  );
}

function jobPod({ platform, kind, command, env, tls, files }: DatabaseJobArgs): k8s.types.input.core.v1.PodSpec {
  return {
    ...basePod(platform),
    restartPolicy: "Never",
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
    volumes: [tls, memoryVolume("tmp", "16Mi"), ...(files ? [files.volume] : [])],
  };
}

/** Arguments of convergeJob. */
export interface ConvergeArgs extends Pick<DatabaseJobArgs, "platform" | "env" | "tls"> {
  /** What is to stand in the database. */
  plan: DatabaseContentPlan & { name: string };
  /** Accounts of the platform that it makes as well, each with the Secret of its password. */
  accounts: Login[];
}

/** A role, the names by which clients act as it now and may have in the generation before, and the password's Secret. */
export interface Login {
  name: string;
  login: string;
  former?: string;
  secret: string;
}

/** A Job that makes the roles and databases of config, and drops none. */
export function convergeJob(
  name: string,
  { plan, env, accounts, ...rest }: ConvergeArgs,
  opts: pulumi.CustomResourceOptions,
): void {
  databaseJob(
    name,
    {
      ...rest,
      database: plan.name,
      kind: "converge",
      annotations: generationAnnotations(databaseGenerations(plan)),
      command: ["pg-converge"],
      env: [...env, ...contentEnv(plan, accounts)],
      files: passwordFiles([...accounts, ...rolesOf(plan)]),
    },
    opts,
  );
}

/** Config's roles. */
const rolesOf = (plan: ConvergeArgs["plan"]): (Login & { connectionLimit: number })[] =>
  plan.roles.map(({ name, generation, connectionLimit }) => ({
    name,
    connectionLimit,
    ...loginNames(name, generation),
    secret: roleSecret(plan, name),
  }));

/** What pg-converge is to make, and where it finds the passwords. */
function contentEnv(plan: ConvergeArgs["plan"], accounts: Login[]): EnvVar[] {
  const withoutSecret = ({ secret: _secret, ...login }: Login): object => login;
  const desired = {
    accounts: accounts.map(withoutSecret),
    roles: rolesOf(plan).map(withoutSecret),
    databases: plan.databases,
  };
  return [
    { name: "PG_ROLES", value: ROLES_FOLDER },
    { name: "PG_DESIRED", value: JSON.stringify(desired) },
  ];
}

/** The passwords as files, named after the roles. */
const passwordFiles = (logins: Login[]): DatabaseJobArgs["files"] => ({
  mount: { name: "roles", mountPath: ROLES_FOLDER, readOnly: true },
  volume: {
    name: "roles",
    projected: {
      defaultMode: 0o440,
      sources: logins.map(({ name, secret }) => ({
        secret: { name: secret, items: [{ key: "password", path: name }] },
      })),
    },
  },
});
