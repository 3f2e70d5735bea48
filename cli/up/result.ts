import type { Plan } from "../../stacks/plan.ts";
import { withSite } from "../site/access.ts";
import type { Step } from "../step.ts";
import { smokeTest } from "./smokeTest.ts";

/** What a run changed. */
export interface SiteChanges {
  /** Objects that it made. */
  added: number;
  /** Objects that it changed. */
  changed: number;
  /** Objects that it deleted. */
  removed: number;
  /** Objects that config no longer has and that are kept, since they may hold data. */
  kept: string[];
}

/** What stands after a run. */
export interface UpResult {
  /** Who applied the stack, in words. */
  way: string;
  /** What changed, by site; with Pulumi by stack. */
  changes: Record<string, SiteChanges>;
}

/** Uses every site as its clients do. */
export async function testSites(plan: Plan, step: Step): Promise<void> {
  for (const site of plan.sites) {
    const title = plan.sites.length === 1 ? "Smoke test" : `Smoke test of ${site.name}`;
    await step(title, (report) => withSite(plan, site, (access) => smokeTest(access, site, report)));
  }
}
