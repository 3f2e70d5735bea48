import { STORE_BACKEND } from "../../stacks/names.ts";
import type { StoreBackend } from "./backends.ts";

/** Most bytes of an object that HAProxy sends again: with the request's head it fits into its buffer of 16 KiB. */
const BUFFERED = 8192;

/**
 * Seconds after which an object is asked for again where nothing came: a server that stops may leave a request without an answer.
 * Three times that is what every other request gets.
 */
const ANSWER_SECONDS = 20;

/** Where small objects are written. */
const WRITE = `${STORE_BACKEND}.write`;

/** Where everything else goes that changes something. */
const ONCE = `${STORE_BACKEND}.once`;

const toStore = `{ var(txn.route) -m str ${STORE_BACKEND} }`;
const repeatable = "{ var(txn.repeatable) -m bool }";

/**
 * Which requests may be sent again when a server went away. Small objects, written or read twice, are the same; what is to be
 * written on a condition is not, since the first time may have made the condition wrong.
 */
export const STORE_RULES = `  http-request set-var(txn.repeatable) bool(true) if METH_GET
  http-request set-var(txn.repeatable) bool(true) if { method PUT } ${toStore} { req.hdr_val(content-length) le ${BUFFERED} } !{ req.hdr(if-match) -m found } !{ req.hdr(if-none-match) -m found }
  http-request disable-l7-retry unless ${repeatable}`;

/** Where those go that do not read; before the rule that leads to the store. */
export const STORE_CHOICE = `  use_backend ${ONCE} if ${toStore} !${repeatable}
  use_backend ${WRITE} if ${toStore} !METH_GET
`;

/**
 * The object store, at its Service, which knows what no health check tells: a server that comes back answers before it sees all
 * drives, and denies what is there; one that is about to stop serves on until others can do without it. Servers are verified
 * by the site's CA. A client's Host reaches the store as it is: the signature of a request covers it.
 *
 * Connections to the store are used again, since many requests are small, and one may end just as a request is sent on it. Reads are
 * sent again then, and where there is no answer. Small objects are written again where the connection ended, not where there is no
 * answer: a server that is only slow could write the first one over what came since. HAProxy repeats only what it had as a whole
 * before it sent it, so it waits for that. What it may not repeat gets a connection that nobody used before.
 */
export const storeSections = ({ host, port }: StoreBackend, folder: string): string[] => {
  const server = `server store ${host}:${port} ssl verify required ca-file ${folder}/site-ca/ca.crt sni str(${host}) resolvers cluster resolve-prefer ipv4 init-addr none`;
  return [
    `
backend ${STORE_BACKEND} from http
  retries 2
  retry-on conn-failure empty-response response-timeout
  # A list of many may take its time.
  http-request set-timeout server ${ANSWER_SECONDS}s if { path_reg ^/[^/]+/. }
  ${server}`,
    `
backend ${WRITE} from http
  option http-buffer-request
  ${server}`,
    `
backend ${ONCE} from http
  option http-server-close
  ${server}`,
  ];
};
