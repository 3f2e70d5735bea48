import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { WATCHER } from "../../stacks/names.ts";
import type { ExternalDatabasePlan } from "../../stacks/plan.ts";
import { isMeasured, readersOf } from "../monitoring/monitored.ts";
import { allowFlows } from "../networkPolicy.ts";
import type { Platform } from "../platform.ts";
import { generatePassword } from "../secrets.ts";
import { credentialsSecret, makeRoles, passwordEnv } from "./accounts.ts";
import { accountSecret, externalCaSecret } from "./names.ts";
import type { DatabaseService } from "./database.ts";
import { EXPORTER_PORT, externalExporter } from "./externalExporter.ts";
import { ADMIN_TLS, convergeJob, type ConvergeArgs } from "./job.ts";
import { podLabels, podSelector, type PodKind } from "./pods.ts";

/** Arguments of ExternalPostgres. */
export interface ExternalPostgresArgs {
  /** The server, and what is to stand in it. */
  plan: ExternalDatabasePlan;
  /** Where what works on it stands. */
  platform: Platform;
  /** CA of the server's certificate, PEM. */
  ca: pulumi.Output<string>;
  /** The administrator's password. */
  administratorPassword: pulumi.Output<string>;
}

/**
 * A PostgreSQL that somebody else runs: the roles and databases of config are made in it, apps are bound to it, and its
 * metrics are read. Nothing of the server itself is changed.
 */
export class ExternalPostgres extends pulumi.ComponentResource implements DatabaseService {
  readonly host: string;
  readonly port: number;
  readonly readPort: number;
  readonly ca: pulumi.Output<string>;
  readonly passwords: Record<string, pulumi.Output<string>>;

  constructor(name: string, args: ExternalPostgresArgs, opts?: pulumi.ComponentResourceOptions) {
    super("archipel:database:ExternalPostgres", name, {}, opts);
    const { plan, platform } = args;
    const child = { parent: this };
    const place = { namespace: platform.namespaces.data, labels: podLabels(plan, "job") };
    this.host = plan.host;
    this.port = plan.port;
    this.readPort = plan.port;
    this.ca = args.ca;
    const own = [
      credentialsSecret(
        `${name}-account-superuser`,
        {
          ...place,
          secret: accountSecret(plan, "superuser"),
          username: plan.administrator,
          password: args.administratorPassword,
        },
        child,
      ),
      credentialsSecret(
        `${name}-account-monitor`,
        {
          ...place,
          secret: accountSecret(plan, "monitor"),
          username: WATCHER,
          password: generatePassword(`${name}-account-monitor-password`, child),
        },
        child,
      ),
      new k8s.core.v1.Secret(
        `${name}-ca`,
        {
          metadata: { name: externalCaSecret(plan), ...place },
          type: "Opaque",
          stringData: { "ca.crt": args.ca },
        },
        child,
      ),
    ];
    const roles = makeRoles(name, { plan, ...place }, child);
    this.passwords = roles.passwords;
    convergeJob(
      `${name}-converge`,
      { plan, platform, ...asAdministrator(plan) },
      { ...child, dependsOn: [...own, ...roles.secrets] },
    );
    policy(`${name}-policy-job`, { ...args, kind: "job" }, child);
    if (isMeasured(platform)) {
      externalExporter(`${name}-exporter`, { plan, platform }, child);
      policy(`${name}-policy-exporter`, { ...args, kind: "exporter" }, child);
    }
    this.registerOutputs({});
  }
}

/** How the Job that makes roles and databases comes to the server; it tries each login there. */
const asAdministrator = (plan: ExternalDatabasePlan): Pick<ConvergeArgs, "accounts" | "env" | "tls"> => ({
  accounts: [],
  env: [
    { name: "PG_EXTERNAL", value: WATCHER },
    { name: "PGHOST", value: plan.host },
    { name: "PGPORT", value: String(plan.port) },
    { name: "PGUSER", value: plan.administrator },
    passwordEnv("PGPASSWORD", plan, "superuser"),
    { name: "PG_TLS", value: ADMIN_TLS },
    passwordEnv("PG_MONITOR_PASSWORD", plan, "monitor"),
  ],
  tls: { name: "tls", secret: { secretName: externalCaSecret(plan), defaultMode: 0o440 } },
});

/** What works on the server reaches its port at any address: no selector names it. */
function policy(
  name: string,
  { plan, platform, kind }: { plan: ExternalDatabasePlan; platform: Platform; kind: PodKind },
  opts: pulumi.CustomResourceOptions,
): void {
  allowFlows(
    name,
    {
      policy: `${plan.name}-${kind}`,
      namespace: platform.namespaces.data,
      podLabels: podSelector(plan, kind),
      ingress: kind === "exporter" ? readersOf(platform, [EXPORTER_PORT]) : [],
      egress: [],
      worldPorts: [plan.port],
    },
    opts,
  );
}
