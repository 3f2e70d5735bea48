import { PROJECT, type Config } from "../config.ts";
import { excerpt, type Mistake } from "../mistakes.ts";
import { cephNamespace } from "../cephPlan.ts";
import { namespaceName, ROLES } from "../names.ts";
import { repeated, unknownName, type CheckContext } from "./common.ts";

/** Sites have names of their own that fit into namespaces, and zones for their nodes. */
export function checkSites({ sites = [], objects }: Partial<Config>, { stack }: CheckContext): Mistake[] {
  const names = repeated(
    sites.map((site) => site.name),
    (index) => `sites[${index}].name`,
  );
  const details = sites.flatMap((site, index): Mistake[] => {
    const path = `sites[${index}]`;
    const known = [
      ...ROLES.map((role) => namespaceName(stack, site.name, role)),
      ...(objects?.kind === "ceph" ? [cephNamespace(stack, site.name)] : []),
    ];
    const tooLong = known.filter((name) => name.length > 50).slice(0, 1);
    const zones = site.capabilities.zones;
    return [
      ...site.adoptNamespaces.flatMap((name, at) =>
        unknownName(`${path}.adoptNamespaces[${at}]`, name, known, "a namespace of this site"),
      ),
      ...repeated(zones, (at) => `${path}.capabilities.zones[${at}]`),
      ...(zones.length > site.capabilities.nodes
        ? [
            {
              path: `${PROJECT}:${path}.capabilities.zones`,
              found: excerpt(zones),
              allowed: `at most one zone for each of the ${site.capabilities.nodes} nodes`,
            },
          ]
        : []),
      ...tooLong.map((name) => ({
        path: `${PROJECT}:${path}.name`,
        found: excerpt(site.name),
        allowed: `a shorter name: the namespace ${name} would have more than 50 characters`,
        hint: `the stack's name (${stack}) counts too`,
      })),
    ];
  });
  return [...names, ...mixedSites(sites), ...details];
}

/** A stack is a sandbox or it is real: they are applied in different ways, and their data is worth differently much. */
function mixedSites(sites: NonNullable<Partial<Config>["sites"]>): Mistake[] {
  const odd = sites.findIndex((site) => site.sandbox !== sites[0]!.sandbox);
  if (odd === -1) return [];
  return [
    {
      path: `${PROJECT}:sites[${odd}].sandbox`,
      found: String(sites[odd]!.sandbox),
      allowed: `${sites[0]!.sandbox}, as the first site: all sites of a stack are sandboxes, or none is`,
      hint: "put the sandbox sites into a stack of their own",
    },
  ];
}
