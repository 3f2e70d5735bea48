import type { AppConfig } from "./schema/apps.ts";
import type { ExporterPlan } from "./exporterPlan.ts";
import type { MountPlan, SharePlan } from "./filesPlan.ts";
import type { ObjectsPlan, Trust } from "./objectsPlan.ts";
import type { Spread } from "./spread.ts";
import type { AdoptConfig } from "./schema/adopt.ts";
import type { DcsConfig } from "./schema/dcs.ts";
import type { EdgeConfig } from "./schema/edge.ts";
import type { ExternalConfig } from "./schema/externalDatabase.ts";
import type { MonitoringConfig } from "./schema/monitoring.ts";
import type { PatroniConfig } from "./schema/patroniDatabase.ts";
import type { SiteConfig } from "./schema/sites.ts";
import type { Role } from "./names.ts";

/** The whole plan: every decision on how many, where and under which name. */
export interface Plan {
  /** Name of the stack. */
  stack: string;
  /** One plan per site, in config's order. */
  sites: SitePlan[];
}

/** What stands on one site. */
export interface SitePlan {
  /** Name of the site. */
  name: string;
  /** True on a throw-away cluster: data is not protected against deletion. */
  sandbox: boolean;
  /** How to reach the cluster. */
  cluster: ClusterPlan;
  /** What the site has. */
  capabilities: SiteConfig["capabilities"];
  /** The site's namespaces. */
  namespaces: Record<Role, NamespacePlan>;
  /** Names of the PriorityClasses by what they are for. */
  priorityClasses: Record<"data" | "edge" | "apps", string>;
  /** Every certificate that a server or client of the site needs. */
  certificates: CertificatePlan[];
  /** The DCS; undefined where there is no database. */
  dcs?: DcsPlan;
  /** PostgreSQL that the platform runs; undefined: none. */
  database?: DatabasePlan;
  /** PostgreSQL that somebody else runs, in its place; undefined: none. */
  externalDatabase?: ExternalDatabasePlan;
  /** The object store; undefined: none. */
  objects?: ObjectsPlan;
  /** The shares of files. */
  files: SharePlan[];
  /** The entry for HTTP and TCP; undefined: none. */
  edge?: EdgePlan;
  /** Who reads metrics and raises alarms; undefined: nobody. */
  monitoring?: MonitoringPlan;
  /** The apps. */
  apps: AppPlan[];
}

/** How to reach a cluster. */
export interface ClusterPlan {
  /** Source of the kubeconfig; undefined: the machine's own (KUBECONFIG or ~/.kube/config). */
  kubeconfig?: { path: string } | { contentFrom: string };
  /** Context in the kubeconfig; undefined: its current one. */
  context?: string;
}

/** One namespace. */
export interface NamespacePlan {
  /** Full name. */
  name: string;
  /** Whether an existing namespace of that name may be taken over. */
  adopt: boolean;
  /** `hard` of its ResourceQuota. */
  quota: Record<string, string>;
}

/** One certificate: a Secret with tls.crt, tls.key and ca.crt. */
export interface CertificatePlan {
  /** Name of the Secret that holds it. */
  secret: string;
  /** Namespace of the Secret. */
  namespace: string;
  /** Subject common name: the server's or the client's name. */
  commonName: string;
  /** Host names that it is valid for; `localhost` included where the server answers its own probes. */
  dnsNames: string[];
  /** IP addresses that it is valid for. */
  ipAddresses: string[];
  /** What it may be used for. */
  usages: ("server" | "client")[];
  /** Those of `dnsNames` by which clients outside the site know the server; an institution's CA vouches for these only. */
  publicNames: string[];
}

/** One voter of the DCS or one member of a database. */
export interface MemberPlan {
  /** Name of its StatefulSet, Service and volume. */
  name: string;
  /** Absolute host name. */
  host: string;
  /** Secret with its certificate. */
  certificate: string;
}

/** The etcd in which Patroni elects. */
export interface DcsPlan extends DcsConfig {
  /** Common name of its objects: `etcd`. */
  name: string;
  /** The voters: an odd number. */
  members: MemberPlan[];
  /** Whether voters must stand on different nodes. */
  spread: Spread;
  /** Client port. */
  port: number;
}

/** One repository of backups: a bucket with keys of its own, encrypted with a passphrase of its own. */
export interface RepositoryPlan {
  /** Its number in pgBackRest's settings, which stays with it. */
  number: 1 | 2;
  /** What it is called: `site`, in the site's own object store, or `offsite`. */
  name: "site" | "offsite";
  /** `host:port` of the S3 service. */
  endpoint: string;
  /** The bucket. */
  bucket: string;
  /** Region that requests are signed for. */
  region: string;
  /** Whose CA vouches for the service. */
  trust: Trust;
  /** User of the site's object store whose keys it uses; undefined: the keys come from config. */
  user?: string;
  /**
   * Config keys that hold its keys, its CA where that is no public one, and its passphrase where it has one already;
   * undefined: they come from the object store.
   */
  from?: { accessKeyId: string; secretAccessKey: string; ca?: string; passphrase?: string };
}

/** The backup from which a cluster begins. */
export interface RestorePlan {
  /** Number of the repository in pgBackRest's settings. */
  repository: number;
  /** Moment to which the data is brought back; undefined: everything that is there. */
  at?: Date;
}

/** How a database is backed up. */
export interface BackupPlan {
  /** The repositories; each gets all backups and all WAL. */
  repositories: RepositoryPlan[];
  /** When a full backup is made, as cron says it. */
  full: string;
  /** When a differential one is made. */
  differential: string;
  /** When the newest backup of each repository is restored and checked. */
  proof: string;
  /** Hours after which a proof is too old. */
  proofHours: number;
  /** Minutes within which what is committed must be in every repository. */
  archiveMinutes: number;
  /** Full backups that are kept. */
  keepFull: number;
  /** Bytes of WAL that wait for a repository; what exceeds them is dropped for it. */
  queueBytes: number;
}

/** Databases that come from a PostgreSQL that somebody else runs. */
export interface AdoptionPlan extends Omit<AdoptConfig, "databases"> {
  /** The databases. */
  databases: AdoptedDatabase[];
}

/** One database that comes from elsewhere. */
export interface AdoptedDatabase {
  /** Its name, the same there and here. */
  name: string;
  /** Role that owns it here, and what comes over. */
  owner: string;
  /** Name of the publication and the slot there, and of the subscription here; no other stack has the same. */
  link: string;
}

/** What stands in a database. */
export interface DatabaseContentPlan {
  /** Databases with their owners and extensions. */
  databases: { name: string; owner: string; extensions: string[] }[];
  /** Every role that clients act as, owners included, with the name by which they log in. */
  roles: (PatroniConfig["roles"][number] & { login: string })[];
}

/** PostgreSQL under Patroni. */
export interface DatabasePlan
  extends
    Omit<PatroniConfig, "members" | "databases" | "roles" | "backup" | "bootstrap" | "adopt">,
    DatabaseContentPlan {
  /** Name of the cluster, Patroni's scope, and prefix of its objects: `pg`. */
  name: string;
  /** The members. */
  members: MemberPlan[];
  /** Name of the members' image, which has the version's PostgreSQL. */
  image: string;
  /** Whether members must stand on different nodes. */
  spread: Spread;
  /**
   * The names of members that must not meet on a node where `spread` is required: as many as there are nodes, so that one
   * that is about to leave takes no node from one that stays.
   */
  apart: string[];
  /** Secret with the client certificate of the platform's Jobs, which PostgreSQL asks its own accounts for. */
  adminCertificate: string;
  /** Common name of that certificate: `pg-admin`. */
  adminName: string;
  /** The backup from which a new cluster begins; undefined: it begins empty. */
  restore?: RestorePlan;
  /** What comes from elsewhere; undefined: nothing. */
  adopt?: AdoptionPlan;
  /** The pooler, where clients connect, and its Service. */
  pooler: PatroniConfig["pooler"] & {
    service: string;
    host: string;
    port: number;
    certificate: string;
    spread: Spread;
  };
  /** Its backups; undefined: there are none. */
  backup?: BackupPlan;
  /** Connections that apps may hold to a member beside the poolers' at a time. */
  directConnections: number;
}

/** A PostgreSQL that somebody else runs. */
export interface ExternalDatabasePlan extends Omit<ExternalConfig, "databases" | "roles">, DatabaseContentPlan {
  /** Prefix of its objects: `pg`, as of a database that the platform runs, so that what is bound stays when it moves. */
  name: string;
  /** What reads its metrics. */
  exporter: ExporterPlan;
}

/** One HTTP route at the edge. */
export interface HttpRoute {
  /** Host name that clients use. */
  host: string;
  /** Path prefix; longest first. */
  path: string;
  /** Whether the prefix is removed before the app sees it. */
  stripPrefix: boolean;
  /** The app that answers, or STORE_BACKEND. */
  app: string;
}

/** The entry for HTTP and TCP. */
export interface EdgePlan extends EdgeConfig {
  /** Prefix of its objects: `edge`. */
  name: string;
  /** Secret with its certificate. */
  certificate: string;
  /** Secret with its client certificate; its ca.crt verifies the platform's servers. */
  clientCertificate: string;
  /** Whether its pods must stand on different nodes. */
  spread: Spread;
  /** HTTP routes: by host, then longest path first. */
  http: HttpRoute[];
}

/** Who reads metrics and raises alarms. */
export type MonitoringPlan = MonitoringConfig & {
  /** Name of the platform's Prometheus, and prefix of the objects: `prometheus`. */
  name: string;
  /** Claim of its volume. */
  claim: string;
  /** Secret with the certificate of Prometheus and of the prober. */
  certificate: string;
  /** The Service that looks at certificates. */
  prober: { name: string; host: string };
  /** Hours for which the site's certificates are valid. */
  lifetimeHours: number;
  /** Labels of every alarm that leaves the site. */
  externalLabels: Record<string, string>;
};

/** One app. */
export interface AppPlan extends Omit<AppConfig, "bindings" | "mounts"> {
  /** Whether its pods should stand on different nodes. */
  spread: Spread;
  /** Absolute host name of its headless Service, where the edge finds its pods. */
  host: string;
  /** Secret with its client certificate; its ca.crt verifies the platform's servers. */
  certificate: string;
  /** Shares in its file system. */
  mounts: MountPlan[];
  /** What it gets from the platform. */
  bindings: {
    /**
     * Database, the role as which the app acts, the name by which it logs in, whether it is outside the platform, and whether
     * the app comes to the members too.
     */
    database?: { name: string; role: string; login: string; external?: true; direct?: true };
    /** Bucket, the user with which the app connects, and whose CA vouches for the store. */
    bucket?: { name: string; user: string; trust: Trust };
  };
}
