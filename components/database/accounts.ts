import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { DatabaseContentPlan } from "../../stacks/plan.ts";
import { generatePassword } from "../secrets.ts";

type EnvVar = k8s.types.input.core.v1.EnvVar;

/** The platform's own accounts: what the Secret is called after, and the role or user of each. */
export const ACCOUNTS = {
  /** Administers PostgreSQL. */
  superuser: { role: "postgres" },
  /** Streams the WAL to replicas. */
  replication: { role: "replicator" },
  /** Lets a former primary catch up. */
  rewind: { role: "rewind" },
  /** Looks up the clients' password verifiers for PgBouncer. */
  pooler: { role: "pgbouncer" },
  /** Reads what PostgreSQL says of itself, for the metrics. */
  monitor: { role: "monitor" },
  /** Changes something through Patroni's REST API. */
  restapi: { role: "patroni" },
} as const;

/** One of the platform's own accounts. */
export type Account = keyof typeof ACCOUNTS;

/** Name of the Secret (keys `username` and `password`) of an account of the platform. */
export const accountSecret = (plan: { name: string }, account: Account): string => `${plan.name}-account-${account}`;

/** Name of the Secret (keys `username` and `password`) of a role of config. Names of Secrets have no underscores. */
export const roleSecret = (plan: { name: string }, role: string): string =>
  `${plan.name}-role-${role.replaceAll("_", "-")}`;

/** Name of the Secret with the CA (key ca.crt) of a server that somebody else runs. */
export const externalCaSecret = (plan: { name: string }): string => `${plan.name}-external-ca`;

/** A container's environment variable with the password of an account. */
export const passwordEnv = (name: string, plan: { name: string }, account: Account): EnvVar => ({
  name,
  valueFrom: { secretKeyRef: { name: accountSecret(plan, account), key: "password" } },
});

/** Arguments of makeAccounts and makeRoles. */
export interface AccountsArgs {
  /** The database. */
  plan: DatabaseContentPlan & { name: string };
  /** Namespace of the Secrets. */
  namespace: string;
  /** Labels of the Secrets. */
  labels: Record<string, string>;
}

/** One Secret with a login and its password. */
interface CredentialsArgs {
  secret: string;
  username: string;
  password: pulumi.Output<string>;
}

/** Puts a login and its password into a Secret. */
export function credentialsSecret(
  name: string,
  { namespace, labels, secret, username, password }: Omit<AccountsArgs, "plan"> & CredentialsArgs,
  opts: pulumi.CustomResourceOptions,
): void {
  new k8s.core.v1.Secret(
    name,
    { metadata: { name: secret, namespace, labels }, type: "Opaque", stringData: { username, password } },
    opts,
  );
}

/** Generates the passwords of some of the platform's accounts, each in a Secret. */
export function makeAccounts(
  name: string,
  { plan, ...place }: AccountsArgs,
  accounts: Partial<Record<Account, { role: string }>>,
  opts: pulumi.CustomResourceOptions,
): void {
  for (const [account, { role }] of Object.entries(accounts)) {
    const own = `${name}-account-${account}`;
    const secret = accountSecret(plan, account as Account);
    credentialsSecret(
      own,
      { ...place, secret, username: role, password: generatePassword(`${own}-password`, opts) },
      opts,
    );
  }
}

/**
 * Generates the passwords of config's roles, each in a Secret.
 *
 * @returns the passwords by role.
 */
export function makeRoles(
  name: string,
  { plan, ...place }: AccountsArgs,
  opts: pulumi.CustomResourceOptions,
): Record<string, pulumi.Output<string>> {
  const entries = plan.roles.map(({ name: role, login, generation }) => {
    const own = `${name}-role-${role}`;
    const password = generatePassword(`${own}-password`, { ...opts, generation });
    credentialsSecret(own, { ...place, secret: roleSecret(plan, role), username: login, password }, opts);
    return [role, password] as const;
  });
  return Object.fromEntries(entries);
}
