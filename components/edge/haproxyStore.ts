import { STORE_BACKEND } from "../../stacks/names.ts";
import type { StoreBackend } from "./backends.ts";

/**
 * The object store. DNS says which servers are ready: one that comes back answers before it sees all drives, and denies what is
 * there. They are verified by the site's CA; connections to them are used again, since many requests are small. A client's
 * Host reaches the store as it is: the signature of a request covers it.
 */
export function storeSection({ host, serverName, port, servers, readinessPath }: StoreBackend, folder: string): string {
  return `
backend ${STORE_BACKEND} from http
  balance leastconn
  option httpchk
  http-check send meth GET uri ${readinessPath} ver HTTP/1.1 hdr Host ${serverName}
  http-check expect status 200-399
  default-server ssl verify required ca-file ${folder}/site-ca/ca.crt sni str(${serverName}) check check-sni ${serverName} inter 1s fastinter 500ms downinter 500ms fall 2 rise 1 observe layer4 error-limit 2 on-error mark-down resolvers cluster resolve-prefer ipv4 init-addr none
  server-template store- 1-${servers} ${host}:${port}`;
}
