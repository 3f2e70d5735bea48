import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { loginName, loginNames } from "../../stacks/names.ts";
import type { DatabaseContentPlan, DatabasePlan } from "../../stacks/plan.ts";
import { generatePassword } from "../secrets.ts";
import type { Login } from "./job.ts";
import { accountSecret, roleSecret } from "./names.ts";

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

/** The accounts that log in with another name in each generation; the others have one name, and one password at a time. */
export const RENAMED = ["replication", "rewind", "pooler", "monitor"] as const satisfies Account[];

/** One of these. */
export type RenamedAccount = (typeof RENAMED)[number];

/** Name with which one of these logs in. */
export const accountLogin = (plan: Pick<DatabasePlan, "generation">, account: RenamedAccount): string =>
  loginName(ACCOUNTS[account].role, plan.generation);

/** What the Job makes of the accounts that log in with another name in each generation. */
export const accountLogins = (plan: Pick<DatabasePlan, "name" | "generation">): Login[] =>
  RENAMED.map((account) => {
    const { role } = ACCOUNTS[account];
    return { name: role, ...loginNames(role, plan.generation), secret: accountSecret(plan, account) };
  });

/** A container's environment variable with the password of an account. */
export const passwordEnv = (name: string, plan: { name: string }, account: Account, key = "password"): EnvVar => ({
  name,
  valueFrom: { secretKeyRef: { name: accountSecret(plan, account), key } },
});

/** The same with the password before, for servers that do not know the present one yet; none in the first generation. */
export const formerPasswordEnv = (name: string, plan: DatabasePlan, account: Account): EnvVar[] =>
  plan.generation > 1 ? [passwordEnv(name, plan, account, "previous")] : [];

/** Arguments of makeRoles. */
export interface RolesArgs {
  /** The database. */
  plan: DatabaseContentPlan & { name: string };
  /** Namespace of the Secrets. */
  namespace: string;
  /** Labels of the Secrets. */
  labels: Record<string, string>;
}

/** One Secret with a login and its password. */
export interface CredentialsArgs extends Omit<RolesArgs, "plan"> {
  /** Its name. */
  secret: string;
  /** The login. */
  username: string;
  /** Its password. */
  password: pulumi.Output<string>;
  /** Its password before, where somebody may still have it. */
  previous?: pulumi.Output<string>;
}

/** Puts a login and its password into a Secret. */
export function credentialsSecret(
  name: string,
  { namespace, labels, secret, ...stringData }: CredentialsArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Secret {
  const { username, password, previous } = stringData;
  return new k8s.core.v1.Secret(
    name,
    {
      metadata: { name: secret, namespace, labels },
      type: "Opaque",
      stringData: { username, password, ...(previous && { previous }) },
    },
    opts,
  );
}

/** Passwords of the platform's accounts, and the Secrets that hold them. */
export interface MadeAccounts {
  /** Their passwords. */
  passwords: Record<Account, pulumi.Output<string>>;
  /** The Secrets. */
  secrets: k8s.core.v1.Secret[];
}

/** Generates the passwords of the platform's accounts. Each generation is a value of its own, so that the one before stays known. */
export function makeAccounts(
  name: string,
  { plan, ...place }: RolesArgs & { plan: DatabasePlan },
  opts: pulumi.CustomResourceOptions,
): MadeAccounts {
  const { generation } = plan;
  const secrets: k8s.core.v1.Secret[] = [];
  const entries = (Object.keys(ACCOUNTS) as Account[]).map((account) => {
    const own = `${name}-account-${account}`;
    const generate = (which: number) => generatePassword(`${own}-password${which === 1 ? "" : `-${which}`}`, opts);
    const password = generate(generation);
    const renamed = RENAMED.find((one) => one === account);
    const username = renamed ? accountLogin(plan, renamed) : ACCOUNTS[account].role;
    const previous = generation > 1 && !renamed ? generate(generation - 1) : undefined;
    secrets.push(
      credentialsSecret(own, { ...place, secret: accountSecret(plan, account), username, password, previous }, opts),
    );
    return [account, password] as const;
  });
  return { passwords: Object.fromEntries(entries) as MadeAccounts["passwords"], secrets };
}

/**
 * Generates the passwords of config's roles, each in a Secret.
 *
 * @returns the passwords by role, and the Secrets.
 */
export function makeRoles(
  name: string,
  { plan, ...place }: RolesArgs,
  opts: pulumi.CustomResourceOptions,
): { passwords: Record<string, pulumi.Output<string>>; secrets: k8s.core.v1.Secret[] } {
  const secrets: k8s.core.v1.Secret[] = [];
  const entries = plan.roles.map(({ name: role, login, generation }) => {
    const own = `${name}-role-${role}`;
    const password = generatePassword(`${own}-password`, { ...opts, generation });
    secrets.push(credentialsSecret(own, { ...place, secret: roleSecret(plan, role), username: login, password }, opts));
    return [role, password] as const;
  });
  return { passwords: Object.fromEntries(entries), secrets };
}
