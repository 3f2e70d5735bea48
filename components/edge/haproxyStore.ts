import { STORE_BACKEND } from "../../stacks/names.ts";
import type { StoreBackend } from "./backends.ts";

/** Requests that may be sent again when a server went away: whole objects, written or read twice, are the same. */
export const RETRIED = `{ method PUT } { var(txn.route) -m str ${STORE_BACKEND} }`;

/**
 * The object store, at its Service, which knows what no health check tells: a server that comes back answers before it sees all
 * drives, and denies what is there; one that is about to stop serves on until others can do without it. Servers are verified
 * by the site's CA; connections to them are used again, since many requests are small. A client's Host reaches the store as it
 * is: the signature of a request covers it.
 */
export const storeSection = ({ host, port }: StoreBackend, folder: string): string => `
backend ${STORE_BACKEND} from http
  server store ${host}:${port} ssl verify required ca-file ${folder}/site-ca/ca.crt sni str(${host}) resolvers cluster resolve-prefer ipv4 init-addr none`;
