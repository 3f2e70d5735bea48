import { InvalidArgumentError, type Command } from "commander";
import { confirm } from "../confirm.ts";
import type { CopyTarget } from "../objects/copyJobs.ts";
import { chooseSite } from "../site/choose.ts";
import { terminalSteps } from "../step.ts";
import { moment } from "./moment.ts";

/** Exit code of an audit that found differences. */
const DIFFERENT = 1;

interface SiteOption {
  site?: string;
}

interface RestoreOptions extends SiteOption {
  bucket: string;
  at?: Date;
  into?: string;
  yes?: boolean;
}

/** `archipel objects`: the second copy of an object store, now and back. */
export function addObjects(program: Command): void {
  const objects = program
    .command("objects")
    .description("the second copy of a stack's objects (archipel:objects.copy)");
  objects
    .command("copy")
    .description("copy what changed, now; a copy that is cut off goes on with the next one")
    .argument("[stack]", "name of the stack: Pulumi.<stack>.yaml", "local")
    .option("--site <name>", "name of the site; default: the first with a copy")
    .action(async (stack: string, { site }: SiteOption) => {
      const { copyNow } = await import("../objects/copyJobs.ts");
      await withCopy(stack, site, (target) => terminalSteps({})("Copy", (report) => copyNow(target, report)));
    });
  objects
    .command("audit")
    .description("compare every bucket with its copy: count, size, checksum; what differs")
    .argument("[stack]", "name of the stack: Pulumi.<stack>.yaml", "local")
    .option("--site <name>", "name of the site; default: the first with a copy")
    .option("--download", "read every object on both sides: some stores know no checksum of large ones")
    .option("--json", "print what was found as JSON")
    .action(runAudit);
  objects
    .command("restore")
    .description("bring a bucket's objects back from the copy; what came since stays")
    .argument("[stack]", "name of the stack: Pulumi.<stack>.yaml", "local")
    .requiredOption("--bucket <name>", "the bucket", bucketArgument)
    .option("--at <time>", "as they were at this moment, such as 2026-11-23T10:42:00Z; default: as the copy is", moment)
    .option("--into <bucket>", "into another bucket, to look first", bucketArgument)
    .option("--site <name>", "name of the site; default: the first with a copy")
    .option("--yes", "write into the bucket itself without asking")
    .action(runRestore);
}

async function runAudit(stack: string, options: SiteOption & { download?: boolean; json?: boolean }): Promise<void> {
  const { audit } = await import("../objects/copyJobs.ts");
  const { describeAudits, isSame } = await import("../objects/describeAudit.ts");
  await withCopy(stack, options.site, async (target) => {
    const audits = await terminalSteps({})("Audit", (report) => audit(target, options.download ?? false, report));
    console.log(options.json ? JSON.stringify(audits) : describeAudits(audits));
    if (!audits.every(isSame)) process.exitCode = DIFFERENT;
  });
}

async function runRestore(stack: string, { bucket, at, into, site, yes }: RestoreOptions): Promise<void> {
  const { restoreBucket } = await import("../objects/copyJobs.ts");
  await withCopy(stack, site, async (target) => {
    const state = at ? `as they were at ${at.toISOString()}` : "as the copy is";
    if ((into ?? bucket) === bucket && !yes) {
      await confirm({
        what: `Objects of bucket ${bucket} are overwritten ${state}; those that came since stay.\n  To look first: --into BUCKET`,
        word: bucket,
        unasked: `archipel objects restore ${stack} --bucket ${bucket} ... --yes`,
        refused: "Nothing was changed.",
      });
    }
    await terminalSteps({})("Restore", (report) => restoreBucket(target, { bucket, into, at }, report));
    console.log(`The objects of bucket ${bucket} are in ${into ?? bucket}, ${state}.`);
  });
}

async function withCopy(stack: string, name: string | undefined, work: (target: CopyTarget) => Promise<void>) {
  const { planOf } = await import("../render/plan.ts");
  const { withSite } = await import("../site/access.ts");
  const plan = planOf(stack);
  const having = plan.sites.filter(({ objects }) => objects?.copy);
  const none = "none: declare archipel:objects.copy";
  const site = chooseSite({ stack, having, name, what: "a copy", none });
  const { objects: store, namespaces } = site;
  await withSite(plan, site, ({ kubectl }) =>
    work({ kubectl, namespace: namespaces.data.name, store: store!, copy: store!.copy! }),
  );
}

function bucketArgument(text: string): string {
  if (!/^[a-z0-9][-a-z0-9]{1,61}[a-z0-9]$/.test(text)) {
    throw new InvalidArgumentError("3 to 63 lower-case letters, digits and dashes are allowed.");
  }
  return text;
}
