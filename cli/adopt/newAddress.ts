import { roleSecret } from "../../components/database/names.ts";
import type { AdoptedDatabase } from "../../stacks/plan.ts";
import type { Adoption } from "./connections.ts";

/** Where clients of a database go now, in lines. */
export function newAddress({ site, database, namespace }: Adoption, { name, owner }: AdoptedDatabase): string {
  const { host, port } = database.pooler;
  const { login } = database.roles.find((role) => role.name === owner)!;
  const outside = (site.edge?.tcp ?? []).map(({ port: open }) => `  from outside   the edge's address, port ${open}\n`);
  return `  in the cluster ${host}:${port}, or bind the app to ${name}
${outside.join("")}  login          ${login}, password in Secret ${namespace}/${roleSecret(database, owner)}
  then take ${name} out of archipel:database.adopt (with the last one, adopt and its secrets), and apply that`;
}
