import { basename } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import * as k8s from "@pulumi/kubernetes";
import type { types } from "@pulumi/kubernetes";
import type { BINDING_ENV } from "../../stacks/bindingEnv.ts";
import type { Flow } from "../networkPolicy.ts";
import type { AppPlan } from "../../stacks/plan.ts";

/** Folder in which an app finds the CA that verifies the platform's servers. */
export const CA_FOLDER = "/run/archipel";
const CA_FILE = `${CA_FOLDER}/ca.crt`;

/** Where an app finds the CA of a database outside the platform. */
const DATABASE_CA_FILE = `${CA_FOLDER}/database-ca.crt`;

/** A database as an app reaches it. */
export interface DatabaseBinding {
  /** Absolute host name of the pooler, or of the server. */
  host: string;
  /** Its port. */
  port: number;
  /** The connection that the app opens; undefined: it leads out of the cluster. */
  flow?: Flow;
  /** CA of the server's certificate, PEM; undefined: the site's own. */
  ca?: pulumi.Output<string>;
  /** Password of the app's role. */
  password: pulumi.Output<string>;
}

/** A bucket as an app reaches it. */
export interface BucketBinding {
  /** URL of the object store. */
  endpoint: string;
  /** The connection that the app opens. */
  flow: Flow;
  /** Region that requests are signed for. */
  region: string;
  /** Access key id of the app's user. */
  accessKeyId: string;
  /** Its secret key. */
  secretAccessKey: pulumi.Output<string>;
}

/** Arguments of bindingSecret. */
export interface BindingArgs {
  /** The app. */
  plan: AppPlan;
  /** Its namespace. */
  namespace: string;
  /** Labels of the Secret. */
  labels: Record<string, string>;
  /** The database, where the app has one. */
  database?: DatabaseBinding;
  /** The bucket, where the app has one. */
  bucket?: BucketBinding;
}

type Values<Name extends keyof typeof BINDING_ENV> = Record<(typeof BINDING_ENV)[Name][number], pulumi.Input<string>>;

/**
 * What an app gets from the platform, as a Secret whose keys are environment variables.
 *
 * @returns undefined where the app has no binding.
 */
export function bindingSecret(
  name: string,
  { plan, namespace, labels, database, bucket }: BindingArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Secret | undefined {
  const values = {
    ...(plan.bindings.database && database && databaseValues(plan.bindings.database, database)),
    ...(plan.bindings.bucket && bucket && bucketValues(plan.bindings.bucket.name, bucket)),
  };
  if (Object.keys(values).length === 0) return undefined;
  return new k8s.core.v1.Secret(
    name,
    { metadata: { name: bindingSecretName(plan), namespace, labels }, type: "Opaque", stringData: values },
    opts,
  );
}

/** Name of the Secret that bindingSecret makes. */
export const bindingSecretName = (plan: AppPlan): string => `${plan.name}-bindings`;

/** Name of the Secret that databaseCaSecret makes. */
const databaseCaSecretName = (plan: AppPlan): string => `${plan.name}-database-ca`;

/** The CA of a database outside the platform, beside the app; nothing where its database has the site's. */
export function databaseCaSecret(
  name: string,
  { plan, namespace, labels, database }: BindingArgs,
  opts: pulumi.CustomResourceOptions,
): void {
  if (!plan.bindings.database?.external || !database?.ca) return;
  const metadata = { name: databaseCaSecretName(plan), namespace, labels };
  new k8s.core.v1.Secret(name, { metadata, type: "Opaque", stringData: { "ca.crt": database.ca } }, opts);
}

/** The volume with the CAs and where it is mounted. */
export function caVolume(plan: AppPlan): {
  volume: types.input.core.v1.Volume;
  mount: types.input.core.v1.VolumeMount;
} {
  const items = [{ key: "ca.crt", path: "ca.crt" }];
  const own = [{ key: "ca.crt", path: basename(DATABASE_CA_FILE) }];
  const source = plan.bindings.database?.external
    ? {
        projected: {
          sources: [
            { secret: { name: plan.certificate, items } },
            { secret: { name: databaseCaSecretName(plan), items: own } },
          ],
        },
      }
    : { secret: { secretName: plan.certificate, items } };
  return { volume: { name: "ca", ...source }, mount: { name: "ca", mountPath: CA_FOLDER, readOnly: true } };
}

function databaseValues(
  { name, login, external }: NonNullable<AppPlan["bindings"]["database"]>,
  { host, port, password }: DatabaseBinding,
): Values<"database"> {
  const ca = external ? DATABASE_CA_FILE : CA_FILE;
  const query = `sslmode=verify-full&sslrootcert=${ca}`;
  return {
    DATABASE_URL: password.apply((value) => `postgresql://${login}:${value}@${host}:${port}/${name}?${query}`),
    PGHOST: host,
    PGPORT: String(port),
    PGDATABASE: name,
    PGUSER: login,
    PGPASSWORD: password,
    PGSSLMODE: "verify-full",
    PGSSLROOTCERT: ca,
  };
}

function bucketValues(
  bucket: string,
  { endpoint, region, accessKeyId, secretAccessKey }: BucketBinding,
): Values<"bucket"> {
  return {
    S3_ENDPOINT: endpoint,
    S3_BUCKET: bucket,
    S3_ACCESS_KEY_ID: accessKeyId,
    S3_SECRET_ACCESS_KEY: secretAccessKey,
    S3_CA_FILE: CA_FILE,
    S3_REGION: region,
    S3_FORCE_PATH_STYLE: "true",
  };
}
