import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import type { BackupPlan, DatabasePlan } from "../../stacks/plan.ts";
import { shortHash } from "../hash.ts";
import type { Flow } from "../networkPolicy.ts";
import type { Platform } from "../platform.ts";
import { adoptionSecret, type AdoptionSecrets } from "./adoption.ts";
import { accountLogins, formerPasswordEnv, makeAccounts, makeRoles, passwordEnv } from "./accounts.ts";
import { backupJobs } from "./backup.ts";
import { archiveBackrest, memberBackrest } from "./backrest.ts";
import type { DatabaseService } from "./database.ts";
import { ADMIN_TLS, convergeJob, type ConvergeArgs } from "./job.ts";
import { settingsJob } from "./jobs.ts";
import { backrestConfigMap, databaseMember, memberQueries, type DcsAccess } from "./member.ts";
import { PATRONI_PORT, POSTGRES_PORT } from "./layout.ts";
import { memberAccounts } from "./memberAccounts.ts";
import { bootstrapConfig, memberConfig } from "./patroniConfig.ts";
import { certificateVolume, podLabels, podSelector } from "./pods.ts";
import { databasePolicies } from "./policies.ts";
import { databasePooler } from "./pooler.ts";
import { READ_PORT } from "./poolerConfig.ts";
import { restoreProof } from "./restoreProof.ts";
import { repositoriesSecret, type RepositoriesArgs } from "./repositories.ts";

/** Arguments of PatroniPostgres. */
export interface PatroniPostgresArgs {
  /** What the database is made of. */
  plan: DatabasePlan;
  /** Where it stands. */
  platform: Platform;
  /** The DCS in which its members elect; its servers' certificates are of the site's CA. */
  dcs: DcsAccess;
  /** Keys of the repositories of the plan's backups. */
  repositoryKeys: RepositoriesArgs["keys"];
  /** What opens the server that databases come from; undefined: none come. */
  adoption?: AdoptionSecrets;
  /** The connections that reach the repository in the site's object store; undefined: there is none. */
  storeFlow?: Flow;
  /** Namespaces whose pods may connect when they carry a label: see PoliciesArgs. */
  clientNamespaces: string[];
  /** Namespace of the edge, where the edge leads to the database; default: it does not. */
  edgeNamespace?: string;
}

/** PostgreSQL under Patroni with quorum commit, behind PgBouncer: roles and databases as config declares them. */
export class PatroniPostgres extends pulumi.ComponentResource implements DatabaseService {
  readonly host: string;
  readonly port: number;
  readonly readPort = READ_PORT;
  readonly clientFlow: Flow;
  readonly passwords: Record<string, pulumi.Output<string>>;
  readonly members: NonNullable<DatabaseService["members"]>;

  constructor(name: string, args: PatroniPostgresArgs, opts?: pulumi.ComponentResourceOptions) {
    super("archipel:database:PatroniPostgres", name, {}, opts);
    const { plan, platform, dcs } = args;
    const child = { parent: this };
    this.host = plan.pooler.host;
    this.port = plan.pooler.port;
    this.clientFlow = {
      namespace: platform.namespaces.data,
      podLabels: podSelector(plan, "pooler"),
      ports: [plan.pooler.port, READ_PORT],
    };
    this.members = {
      hosts: plan.members.map((member) => member.host),
      postgresPort: POSTGRES_PORT,
      patroniPort: PATRONI_PORT,
      clientFlow: {
        namespace: platform.namespaces.data,
        podLabels: podSelector(plan, "member"),
        ports: [POSTGRES_PORT],
      },
    };
    const accounts = { plan, namespace: platform.namespaces.data, labels: podLabels(plan, "member") };
    const own = makeAccounts(name, { ...accounts, plan }, child);
    const roles = makeRoles(name, accounts, child);
    this.passwords = roles.passwords;
    memberAccounts(`${name}-member-accounts`, { plan, platform, passwords: own.passwords }, child);
    if (args.adoption) {
      adoptionSecret(`${name}-adoption`, { plan, platform, secrets: args.adoption }, child);
    }
    const config = memberConfig(plan, dcs.hosts);
    const configMaps = memberConfigMaps(name, { plan, platform, config }, child);
    if (plan.backup) {
      const { backup } = plan;
      repositoriesSecret(`${name}-repositories`, { plan, backup, platform, keys: args.repositoryKeys }, child);
      memberBackrestConfig(`${name}-backrest`, { plan, platform, backup }, child);
      backupJobs(`${name}-backup`, { plan, backup, platform }, child);
      restoreProof(`${name}-restore-proof`, { plan, backup, platform }, child);
    }
    memberQueries(`${name}-metrics`, { plan, platform }, child);
    const configHash = shortHash(config);
    for (const member of plan.members) {
      databaseMember(`${name}-${member.name}`, { plan, member, platform, dcs, configMaps, configHash }, child);
    }
    if (plan.members.length > 1) disruptionBudget(`${name}-budget`, { plan, platform }, child);
    // A Job that began with the passwords before would leave them in force.
    const afterPasswords = { ...child, dependsOn: [...own.secrets, ...roles.secrets] };
    convergeJob(`${name}-converge`, { plan, platform, ...asSuperuser(plan) }, afterPasswords);
    // It is ready once the account exists that the Job makes for it: what is made later waits for what is made before.
    databasePooler(`${name}-pooler`, { plan, platform }, child);
    settingsJob(`${name}-settings`, { plan, platform }, afterPasswords);
    databasePolicies(`${name}-policy`, { ...args, dcsPort: Number(dcs.hosts[0]!.split(":")[1]) }, child);
    this.registerOutputs({});
  }
}

/** How the Job that makes roles and databases comes to the members. */
const asSuperuser = (plan: DatabasePlan): Pick<ConvergeArgs, "accounts" | "env" | "tls"> => ({
  accounts: accountLogins(plan),
  env: [
    { name: "PGHOST", value: plan.members.map((member) => member.host).join(",") },
    { name: "PGPORT", value: String(POSTGRES_PORT) },
    { name: "PATRONI_PORT", value: String(PATRONI_PORT) },
    passwordEnv("PGPASSWORD", plan, "superuser"),
    ...formerPasswordEnv("PG_FORMER_PASSWORD", plan, "superuser"),
    { name: "PG_TLS", value: ADMIN_TLS },
  ],
  tls: certificateVolume("tls", plan.adminCertificate),
});

/**
 * Patroni's configuration in two objects: what needs a restart of the pods, and how a new cluster starts, which must
 * restart nothing when it changes.
 */
function memberConfigMaps(
  name: string,
  { plan, platform, config }: { plan: DatabasePlan; platform: Platform; config: object },
  opts: pulumi.CustomResourceOptions,
): string[] {
  const parts = { member: config, bootstrap: bootstrapConfig(plan) };
  return Object.entries(parts).map(([part, content]) => {
    const configMap = `${plan.name}-${part}`;
    new k8s.core.v1.ConfigMap(
      `${name}-config-${part}`,
      {
        metadata: { name: configMap, namespace: platform.namespaces.data, labels: podLabels(plan, "member") },
        data: { [`${part}.yml`]: stringify(content) },
      },
      opts,
    );
    return configMap;
  });
}

/** The members' configuration of pgBackRest, which reads it anew each time. */
function memberBackrestConfig(
  name: string,
  { plan, platform, backup }: { plan: DatabasePlan; platform: Platform; backup: BackupPlan },
  opts: pulumi.CustomResourceOptions,
): void {
  new k8s.core.v1.ConfigMap(
    name,
    {
      metadata: {
        name: backrestConfigMap(plan),
        namespace: platform.namespaces.data,
        labels: podLabels(plan, "member"),
      },
      data: {
        "pgbackrest.conf": memberBackrest(plan, backup),
        ...Object.fromEntries(
          backup.repositories.map((one) => [`${one.name}.conf`, archiveBackrest(plan, backup, one)]),
        ),
      },
    },
    opts,
  );
}

/** Drains and upgrades of nodes take one member at a time. */
function disruptionBudget(
  name: string,
  { plan, platform }: { plan: DatabasePlan; platform: Platform },
  opts: pulumi.CustomResourceOptions,
): void {
  new k8s.policy.v1.PodDisruptionBudget(
    name,
    {
      metadata: { name: plan.name, namespace: platform.namespaces.data, labels: podLabels(plan, "member") },
      spec: { maxUnavailable: 1, selector: { matchLabels: podSelector(plan, "member") } },
    },
    opts,
  );
}
