import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { DatabasePlan } from "../../stacks/plan.ts";
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
export const accountSecret = (plan: DatabasePlan, account: Account): string => `${plan.name}-account-${account}`;

/** Name of the Secret (keys `username` and `password`) of a role of config. Names of Secrets have no underscores. */
export const roleSecret = (plan: DatabasePlan, role: string): string =>
  `${plan.name}-role-${role.replaceAll("_", "-")}`;

/** A container's environment variable with the password of an account. */
export const passwordEnv = (name: string, plan: DatabasePlan, account: Account): EnvVar => ({
  name,
  valueFrom: { secretKeyRef: { name: accountSecret(plan, account), key: "password" } },
});

/** Arguments of makeAccounts. */
export interface AccountsArgs {
  /** The database. */
  plan: DatabasePlan;
  /** Namespace of the Secrets. */
  namespace: string;
  /** Labels of the Secrets. */
  labels: Record<string, string>;
}

/**
 * Generates the passwords of the platform's accounts and of config's roles, each in a Secret.
 *
 * @returns the passwords of config's roles.
 */
export function makeAccounts(
  name: string,
  { plan, namespace, labels }: AccountsArgs,
  opts: pulumi.CustomResourceOptions,
): Record<string, pulumi.Output<string>> {
  const credentials = (suffix: string, secret: string, username: string, generation?: number) => {
    const password = generatePassword(`${name}-${suffix}-password`, { ...opts, generation });
    new k8s.core.v1.Secret(
      `${name}-${suffix}`,
      { metadata: { name: secret, namespace, labels }, type: "Opaque", stringData: { username, password } },
      opts,
    );
    return password;
  };
  for (const [account, { role }] of Object.entries(ACCOUNTS)) {
    credentials(`account-${account}`, accountSecret(plan, account as Account), role);
  }
  return Object.fromEntries(
    plan.roles.map(({ name: role, login, generation }) => [
      role,
      credentials(`role-${role}`, roleSecret(plan, role), login, generation),
    ]),
  );
}
