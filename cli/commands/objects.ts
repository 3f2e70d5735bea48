import { InvalidArgumentError, Option, type Command } from "commander";
import type { Read } from "../../images/objects/src/audit.ts";
import type { ObjectsPlacePlan } from "../../stacks/objectsCopyPlan.ts";
import type { ObjectsPlan } from "../../stacks/objectsPlan.ts";
import { confirm } from "../confirm.ts";
import type { CopyTarget } from "../objects/copyJobs.ts";
import { auditArguments, comparedWith, copyTo, havingPlaces, placeNamed, SITE } from "../objects/places.ts";
import { chooseSite } from "../site/choose.ts";
import { terminalSteps } from "../step.ts";
import { moment } from "./moment.ts";

/** Exit code of an audit that did not find everything the same. */
const DIFFERENT = 1;

interface SiteOption {
  site?: string;
}

interface RewindOptions extends SiteOption {
  bucket: string;
  at: Date;
}

interface RestoreOptions extends SiteOption {
  bucket: string;
  at?: Date;
  into?: string;
  yes?: boolean;
}

interface CopyOptions extends SiteOption {
  from: string;
  to: string;
  delete?: boolean;
}

interface AuditOptions extends SiteOption {
  read: Read;
  json?: boolean;
}

/** Which objects an audit reads: the same words as the program in the image has. */
const READS: Read[] = ["unknown", "all", "none"];

/** `archipel objects`: a store's objects at another place, now and back; and what a bucket keeps itself. */
export function addObjects(program: Command): void {
  const objects = program
    .command("objects")
    .description(
      "a stack's objects, the versions that a bucket keeps, and their places: site, copy (archipel:objects.copy), next (archipel:objects.next)",
    );
  objects
    .command("copy")
    .description("copy what changed, now; a copy that is cut off goes on with the next one")
    .argument("[stack]", "name of the stack: Pulumi.<stack>.yaml", "local")
    .option("--from <place>", "where the objects are", SITE)
    .option("--to <place>", "where they go: copy or next", "copy")
    .option("--delete", "delete in next what the site does not have; copy keeps it as an older version in any case")
    .option("--site <name>", "name of the site; default: the first with another place")
    .action(runCopy);
  objects
    .command("audit")
    .description("compare every bucket at two places: count, size, content; what differs")
    .usage("[options] [stack] [A B]")
    .argument("[names...]", "name of the stack, default local; two places, default site copy")
    .option("--site <name>", "name of the site; default: the first with another place")
    .addOption(
      new Option("--read <which>", "objects to read on both sides: those without a common checksum, all, or none")
        .choices(READS)
        .default("unknown"),
    )
    .option("--json", "print what was found as JSON")
    .action(runAudit);
  objects
    .command("restore")
    .description("bring a bucket's objects back from the copy; what came since stays")
    .argument("[stack]", "name of the stack: Pulumi.<stack>.yaml", "local")
    .requiredOption("--bucket <name>", "the bucket", bucketArgument)
    .option("--at <time>", "as they were at this moment, such as 2026-11-23T10:42:00Z; default: as the copy is", moment)
    .option("--into <bucket>", "into another bucket, to look first", bucketArgument)
    .option("--site <name>", "name of the site; default: the first with another place")
    .option("--yes", "write into the bucket itself without asking")
    .action(runRestore);
  objects
    .command("rewind")
    .description(
      "bring objects back that were replaced or deleted in a bucket that keeps versions; what came since stays",
    )
    .argument("[stack]", "name of the stack: Pulumi.<stack>.yaml", "local")
    .requiredOption("--bucket <name>", "the bucket", bucketArgument)
    .requiredOption("--at <time>", "as they were at this moment, such as 2026-11-23T10:42:00Z", moment)
    .option("--site <name>", "name of the site; default: the first with an object store")
    .action(runRewind);
}

async function runCopy(stack: string, { site, delete: deleting = false, ...pair }: CopyOptions): Promise<void> {
  const { copyNow } = await import("../objects/copyJobs.ts");
  const choose: Choose = (store) => copyTo(stack, store, pair);
  await withPlace({ stack, site, choose }, (target) =>
    terminalSteps({})("Copy", (report) => copyNow(target, deleting, report)),
  );
}

async function runAudit(names: string[], { site, read, json }: AuditOptions): Promise<void> {
  const { audit } = await import("../objects/copyJobs.ts");
  const { describeAudits, isSame } = await import("../objects/describeAudit.ts");
  const { stack, ...pair } = auditArguments(names);
  const choose: Choose = (store) => comparedWith(stack, store, pair);
  await withPlace({ stack, site, choose }, async (target) => {
    const audits = await terminalSteps({})("Audit", (report) => audit(target, read, report));
    console.log(json ? JSON.stringify(audits) : describeAudits(audits, target.place.place));
    if (!audits.every(isSame)) process.exitCode = DIFFERENT;
  });
}

async function runRestore(stack: string, { bucket, at, into, site, yes }: RestoreOptions): Promise<void> {
  const { restoreBucket } = await import("../objects/copyJobs.ts");
  await withPlace({ stack, site, choose: (store) => placeNamed(stack, store, "copy") }, async (target) => {
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

async function runRewind(stack: string, { bucket, at, site: name }: RewindOptions): Promise<void> {
  const { planOf } = await import("../render/plan.ts");
  const { withSite } = await import("../site/access.ts");
  const { withStore } = await import("../objects/reachStore.ts");
  const { rewind } = await import("../objects/rewind.ts");
  const plan = planOf(stack);
  const having = plan.sites.filter(({ objects }) => objects);
  const none = "none: declare archipel:objects";
  const site = chooseSite({ stack, having, name, what: "an object store", none });
  await withSite(plan, site, async ({ kubectl }) => {
    const count = await terminalSteps({})("Rewind", (report) =>
      withStore({ site, kubectl }, bucket, (s3) => rewind(s3, { bucket, at }, report)),
    );
    console.log(`${count} objects of bucket ${bucket} came back, as they were at ${at.toISOString()}.`);
  });
}

type Choose = (store: ObjectsPlan) => ObjectsPlacePlan;

/** Does something with the store of a site and another place of its objects. */
async function withPlace(
  { stack, site: name, choose }: { stack: string; site: string | undefined; choose: Choose },
  work: (target: CopyTarget) => Promise<void>,
): Promise<void> {
  const { planOf } = await import("../render/plan.ts");
  const { withSite } = await import("../site/access.ts");
  const plan = planOf(stack);
  const none = "none: declare archipel:objects.copy or archipel:objects.next";
  const having = havingPlaces(plan.sites);
  const site = chooseSite({ stack, having, name, what: "another place of its objects", none });
  const { objects: store, namespaces } = site;
  const place = choose(store!);
  await withSite(plan, site, ({ kubectl }) => work({ kubectl, namespace: namespaces.data.name, store: store!, place }));
}

function bucketArgument(text: string): string {
  if (!/^[a-z0-9][-a-z0-9]{1,61}[a-z0-9]$/.test(text)) {
    throw new InvalidArgumentError("3 to 63 lower-case letters, digits and dashes are allowed.");
  }
  return text;
}
