import type * as pulumi from "@pulumi/pulumi";
import type { DatabasePlan } from "../../stacks/plan.ts";
import type { Flow } from "../networkPolicy.ts";
import type { Platform } from "../platform.ts";
import type { DcsAccess } from "./member.ts";
import type { RepositoriesArgs } from "./repositories.ts";
import { PatroniPostgres } from "./patroniPostgres.ts";

/** Arguments of every kind of database. */
export interface DatabaseArgs {
  /** What the database is made of. */
  plan: DatabasePlan;
  /** Where it stands. */
  platform: Platform;
  /** The DCS in which its members elect; its servers' certificates are of the site's CA. */
  dcs: DcsAccess;
  /** Keys of the repositories of the plan's backups. */
  repositoryKeys: RepositoriesArgs["keys"];
  /** The connections that reach the repository in the site's object store; undefined: there is none. */
  storeFlow?: Flow;
  /** Namespaces whose pods may connect to the pooler when they carry the label clientLabel("database"). */
  clientNamespaces: string[];
  /** Namespace of the edge, where the edge leads to the database; default: it does not. */
  edgeNamespace?: string;
}

/** What clients of a database need to know, whatever stands behind it. */
export interface DatabaseService extends pulumi.Resource {
  /** Absolute host name that clients connect to, with TLS; its certificate carries this name. */
  readonly host: string;
  /** Port for reads and writes. */
  readonly port: number;
  /** Port for reads alone: a replica that is not far behind, or the primary while there is none. */
  readonly readPort: number;
  /** The connections that clients open, for their NetworkPolicies. */
  readonly clientFlow: Flow;
  /** Passwords by role; secret. */
  readonly passwords: Record<string, pulumi.Output<string>>;
  /** The members one by one, for a proxy that finds the primary by Patroni's health checks. */
  readonly members: {
    /** Absolute host names; each member's certificate carries its own. */
    readonly hosts: string[];
    /** Port of PostgreSQL. */
    readonly postgresPort: number;
    /** Port of Patroni's REST API, over TLS. */
    readonly patroniPort: number;
  };
}

type Kind = new (name: string, args: DatabaseArgs, opts?: pulumi.ComponentResourceOptions) => DatabaseService;

/** One class for each kind; a new kind is a file and a line here. */
const kinds: Record<DatabasePlan["kind"], Kind> = {
  patroni: PatroniPostgres,
};

/** Makes a database of the plan's kind. */
export function createDatabase(
  name: string,
  args: DatabaseArgs,
  opts?: pulumi.ComponentResourceOptions,
): DatabaseService {
  return new kinds[args.plan.kind](name, args, opts);
}
