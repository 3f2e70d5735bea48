import type { Flow } from "../networkPolicy.ts";

/** Where the edge finds an app's pods. */
export interface AppBackend {
  /** Absolute host name of the app's headless Service: one address for each pod that is ready. */
  host: string;
  /** Port of the pods. */
  port: number;
  /** Path that a pod answers with a status under 400 when it can serve. */
  readinessPath: string;
  /** Pods of the app; room is kept for twice as many, which a rollout may need. */
  replicas: number;
}

/** Where the edge finds the object store. */
export interface StoreBackend {
  /** Absolute host name of its Service, which stands in its servers' certificate. */
  host: string;
  /** Port of S3 over TLS with a certificate of the site's CA. */
  port: number;
  /** The connections that the edge opens. */
  flow: Flow;
}

/** Where the edge finds PostgreSQL. */
export interface DatabaseBackend {
  /** Absolute host names of the members. */
  memberHosts: string[];
  /** Port of PostgreSQL. */
  port: number;
  /** Port of Patroni's REST API, over TLS with certificates of the site's CA. */
  patroniPort: number;
  /** Absolute host name of the pooler's Service. */
  poolerHost: string;
  /** Its port. */
  poolerPort: number;
}
