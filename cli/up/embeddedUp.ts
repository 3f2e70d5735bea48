import { applySite } from "../apply/apply.ts";
import { projectRoot } from "../projectRoot.ts";
import { evaluate } from "../render/evaluate.ts";
import { objectsBySite } from "../render/manifests.ts";
import { readStackFile } from "../render/stackFile.ts";
import { UserError } from "../userError.ts";
import { sandboxKubectl } from "../site/sandboxSite.ts";
import type { SiteChanges } from "./result.ts";
import type { SandboxUpArgs } from "./sandboxUp.ts";
import { refuseDifferences } from "./siteFacts.ts";

/** Applies a stack to its sandbox sites without an engine. */
export async function embeddedUp({ plan, step, timeoutSeconds }: SandboxUpArgs): Promise<Record<string, SiteChanges>> {
  const { secrets } = readStackFile(projectRoot, plan.stack);
  if (secrets.length > 0) {
    throw new UserError(
      `Pulumi.${plan.stack}.yaml has encrypted values, which only Pulumi can read: ${secrets.join(", ")}\n  install Pulumi, or take the parts out that refer to them`,
    );
  }
  const objects = objectsBySite(await evaluate(plan.stack));
  const changes: Record<string, SiteChanges> = {};
  for (const [index, site] of plan.sites.entries()) {
    await refuseDifferences(plan.stack, site, index);
    const { added, changed, removed, kept } = await applySite(sandboxKubectl(site), {
      objects: objects.get(site.name) ?? [],
      systemNamespace: site.namespaces.system.name,
      step,
      timeoutSeconds,
    });
    changes[site.name] = { added: added.length, changed: changed.length, removed: removed.length, kept };
  }
  return changes;
}
