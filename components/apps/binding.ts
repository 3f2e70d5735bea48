import type * as pulumi from "@pulumi/pulumi";
import * as k8s from "@pulumi/kubernetes";
import type { BINDING_ENV } from "../../stacks/bindingEnv.ts";
import type { Flow } from "../networkPolicy.ts";
import type { AppPlan } from "../../stacks/plan.ts";
import { caFile } from "./bindingCas.ts";

/** A database as an app reaches it. */
export interface DatabaseBinding {
  /** Absolute host name of the pooler, or of the server. */
  host: string;
  /** Its port for reads and writes. */
  port: number;
  /** Its port for reads alone; one server has the same for both. */
  readPort: number;
  /** The connection that the app opens; undefined: it leads out of the cluster. */
  flow?: Flow;
  /** The members, where the app comes to them too; undefined: it does not. */
  direct?: {
    /** Absolute host names; each member's certificate carries its own. */
    hosts: string[];
    /** Port of PostgreSQL. */
    port: number;
    /** The connections that the app opens to them. */
    flow: Flow;
  };
  /** CA of the server's certificate, PEM; undefined: the site's own. */
  ca?: pulumi.Output<string>;
  /** Password of the app's role. */
  password: pulumi.Output<string>;
}

/** A bucket as an app reaches it. */
export interface BucketBinding {
  /** URL of the object store. */
  endpoint: string;
  /** Its port. */
  port: number;
  /** The connection that the app opens; undefined: it leads out of the cluster. */
  flow?: Flow;
  /** CA of its certificate, PEM; undefined: the site's own, or a public one. */
  ca?: pulumi.Output<string>;
  /** Region that requests are signed for. */
  region: string;
  /** Access key id of the app's user. */
  accessKeyId: pulumi.Input<string>;
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
  const values: Record<string, pulumi.Input<string>> = {
    ...(plan.bindings.database && database && databaseValues(plan, plan.bindings.database, database)),
    ...(plan.bindings.bucket && bucket && bucketValues(plan, plan.bindings.bucket, bucket)),
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

function databaseValues(
  plan: AppPlan,
  { name, login }: NonNullable<AppPlan["bindings"]["database"]>,
  { host, port, readPort, direct, password }: DatabaseBinding,
): Values<"database"> & Partial<Values<"databaseDirect">> {
  const ca = caFile(plan, "database");
  const url = (hosts: string, ...options: string[]): pulumi.Output<string> => {
    const query = ["sslmode=verify-full", `sslrootcert=${ca}`, ...options].join("&");
    return password.apply((value) => `postgresql://${login}:${value}@${hosts}/${name}?${query}`);
  };
  return {
    DATABASE_URL: url(`${host}:${port}`),
    DATABASE_READ_URL: url(`${host}:${readPort}`),
    PGHOST: host,
    PGPORT: String(port),
    PGDATABASE: name,
    PGUSER: login,
    PGPASSWORD: password,
    PGSSLMODE: "verify-full",
    PGSSLROOTCERT: ca,
    ...(direct && directValues(direct, url)),
  };
}

/** Seconds after which a client tries the next member: one whose node is gone says nothing. */
const CONNECT_SECONDS = 3;

/**
 * All members, of which the client finds by itself the one that it wants. That reads go to any replica is no part of the URL:
 * clients that are not made with libpq take what they do not know there for a parameter of the server, which refuses it.
 */
function directValues(
  { hosts, port }: NonNullable<DatabaseBinding["direct"]>,
  url: (hosts: string, ...options: string[]) => pulumi.Output<string>,
): Values<"databaseDirect"> {
  const members = hosts.map((host) => `${host}:${port}`).join(",");
  const wanted = (attribute: string): pulumi.Output<string> =>
    url(members, `target_session_attrs=${attribute}`, `connect_timeout=${CONNECT_SECONDS}`);
  return {
    DATABASE_DIRECT_URL: wanted("read-write"),
    DATABASE_DIRECT_READ_URL: wanted("prefer-standby"),
    PGLOADBALANCEHOSTS: "random",
  };
}

/** Where a public CA vouches for the store no file is named: clients know it. */
function bucketValues(
  plan: AppPlan,
  { name, trust }: NonNullable<AppPlan["bindings"]["bucket"]>,
  { endpoint, region, accessKeyId, secretAccessKey }: BucketBinding,
): Partial<Values<"bucket">> {
  return {
    S3_ENDPOINT: endpoint,
    S3_BUCKET: name,
    S3_ACCESS_KEY_ID: accessKeyId,
    S3_SECRET_ACCESS_KEY: secretAccessKey,
    ...(trust !== "public" && { S3_CA_FILE: caFile(plan, "objects") }),
    S3_REGION: region,
    S3_FORCE_PATH_STYLE: "true",
  };
}
