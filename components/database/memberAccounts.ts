import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import type { DatabasePlan } from "../../stacks/plan.ts";
import type { Platform } from "../platform.ts";
import { accountLogin, ACCOUNTS, type MadeAccounts } from "./accounts.ts";
import { podLabels } from "./pods.ts";

/** Name of the Secret with the accounts that Patroni uses, as a part of its configuration. */
export const memberAccountsSecret = (plan: { name: string }): string => `${plan.name}-member-accounts`;

/** Arguments of memberAccounts. */
export interface MemberAccountsArgs {
  /** The database. */
  plan: DatabasePlan;
  /** Where it stands. */
  platform: Platform;
  /** Passwords of the accounts. */
  passwords: MadeAccounts["passwords"];
}

/**
 * The accounts that Patroni uses, and in curl's form who may change something at its REST API. Members read both again when
 * they change: another password restarts nothing.
 */
export function memberAccounts(
  name: string,
  { plan, platform, passwords }: MemberAccountsArgs,
  opts: pulumi.CustomResourceOptions,
): void {
  const { superuser, replication, rewind, restapi } = passwords;
  const patroni = pulumi.all({ superuser, replication, rewind, restapi }).apply((secret) =>
    stringify({
      restapi: { authentication: { username: ACCOUNTS.restapi.role, password: secret.restapi } },
      postgresql: {
        authentication: {
          superuser: { username: ACCOUNTS.superuser.role, password: secret.superuser },
          replication: { username: accountLogin(plan, "replication"), password: secret.replication },
          rewind: { username: accountLogin(plan, "rewind"), password: secret.rewind },
        },
      },
    }),
  );
  new k8s.core.v1.Secret(
    name,
    {
      metadata: {
        name: memberAccountsSecret(plan),
        namespace: platform.namespaces.data,
        labels: podLabels(plan, "member"),
      },
      type: "Opaque",
      stringData: {
        "accounts.yml": patroni,
        "restapi-user": pulumi.interpolate`user = "${ACCOUNTS.restapi.role}:${restapi}"\n`,
      },
    },
    opts,
  );
}
