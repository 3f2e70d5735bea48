import { nameFieldManager } from "./stacks/fieldManager.ts";
import { checkClusters } from "./stacks/preflight.ts";
import { buildSite } from "./stacks/site.ts";
import { loadStack } from "./stacks/stack.ts";
import { plan } from "./stacks/topology.ts";

const stack = loadStack();
const planned = plan(stack.name, stack.config);
await checkClusters(stack, planned);
nameFieldManager();

/** What each site offers, by name. */
export const sites = Object.fromEntries(planned.sites.map((site) => [site.name, buildSite(stack, site)]));
