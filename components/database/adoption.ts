import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { AdoptionPlan, DatabasePlan } from "../../stacks/plan.ts";
import type { Platform } from "../platform.ts";
import { podLabels } from "./pods.ts";

/** Folder with the password and the CA of the server that databases come from. */
const FOLDER = "/secrets/adoption";

/** What libpq takes that password from: see pg-passfile. */
const PASSFILE = "/run/adoption/passfile";

/** What opens the server that databases come from. */
export interface AdoptionSecrets {
  /** Password of its login. */
  password: pulumi.Input<string>;
  /** CA of its certificate, PEM. */
  ca: pulumi.Input<string>;
}

/** Arguments of adoptionSecret. */
export interface AdoptionArgs {
  /** The database that others come into. */
  plan: DatabasePlan;
  /** Where it stands. */
  platform: Platform;
  /** What opens the server that they come from. */
  secrets: AdoptionSecrets;
}

const secretName = (plan: { name: string }): string => `${plan.name}-adoption`;

/** The Secret by which members come to the server that databases come from. */
export function adoptionSecret(
  name: string,
  { plan, platform, secrets: { password, ca } }: AdoptionArgs,
  opts: pulumi.CustomResourceOptions,
): void {
  new k8s.core.v1.Secret(
    name,
    {
      metadata: { name: secretName(plan), namespace: platform.namespaces.data, labels: podLabels(plan, "member") },
      type: "Opaque",
      stringData: { password, "ca.crt": ca },
    },
    opts,
  );
}

/** What a member needs to come to that server; nothing where nothing comes. */
export function memberAdoption(plan: DatabasePlan): {
  env: k8s.types.input.core.v1.EnvVar[];
  mounts: k8s.types.input.core.v1.VolumeMount[];
  volumes: k8s.types.input.core.v1.Volume[];
} {
  if (!plan.adopt) return { env: [], mounts: [], volumes: [] };
  return {
    env: [
      { name: "ADOPTION_PASSWORD", value: `${FOLDER}/password` },
      { name: "ADOPTION_PASSFILE", value: PASSFILE },
    ],
    mounts: [{ name: "adoption", mountPath: FOLDER, readOnly: true }],
    volumes: [{ name: "adoption", secret: { secretName: secretName(plan), defaultMode: 0o440 } }],
  };
}

/** How a member connects to a database of that server, as libpq reads it; no secret is in it. */
export function sourceConnection({ host, port, user }: AdoptionPlan, database: string): string {
  return connection({
    host,
    port: String(port),
    user,
    dbname: database,
    sslmode: "verify-full",
    sslrootcert: `${FOLDER}/ca.crt`,
    passfile: PASSFILE,
    connect_timeout: "10",
  });
}

/** Settings of a connection as libpq reads them. */
export const connection = (settings: Record<string, string>): string =>
  Object.entries(settings)
    .map(([key, value]) => `${key}='${value.replace(/[\\']/g, "\\$&")}'`)
    .join(" ");
