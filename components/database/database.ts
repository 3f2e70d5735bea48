import type * as pulumi from "@pulumi/pulumi";
import type { Flow } from "../networkPolicy.ts";

/** What clients of a database need to know, whatever stands behind it. */
export interface DatabaseService extends pulumi.Resource {
  /** Absolute host name that clients connect to, with TLS; its certificate carries this name. */
  readonly host: string;
  /** Port for reads and writes. */
  readonly port: number;
  /** Port for reads alone, which replicas answer where there are any; one server has the same for both. */
  readonly readPort: number;
  /** The pods that clients connect to, for their NetworkPolicies; undefined: it is outside of the cluster. */
  readonly clientFlow?: Flow;
  /** CA of its certificate, PEM; undefined: the site's own. */
  readonly ca?: pulumi.Output<string>;
  /** Passwords by role; secret. */
  readonly passwords: Record<string, pulumi.Output<string>>;
  /**
   * The members one by one, for a proxy that finds the primary by Patroni's health checks and for clients that find it by
   * themselves; undefined: it is not under Patroni.
   */
  readonly members?: {
    /** Absolute host names; each member's certificate carries its own. */
    readonly hosts: string[];
    /** Port of PostgreSQL. */
    readonly postgresPort: number;
    /** Port of Patroni's REST API, over TLS. */
    readonly patroniPort: number;
    /** The connections that clients open to them, which their NetworkPolicy admits for apps bound to the members. */
    readonly clientFlow: Flow;
  };
}
