import type { Audit, Read } from "../../images/objects/src/audit.ts";
import { userSecretName } from "../../components/objects/names.ts";
import type { ObjectsPlacePlan } from "../../stacks/objectsCopyPlan.ts";
import type { ObjectsPlan } from "../../stacks/objectsPlan.ts";
import { cronJobSpec, newestJobSpec, runJob, type JobPlace, type JobSpec } from "../site/jobs.ts";
import type { Report } from "../step.ts";
import { UserError } from "../userError.ts";
import { writerOf } from "./users.ts";

/** Seconds that a Job of a person may take: what is copied once is not copied again by the next one. */
const SECONDS = 86_400;

/** A store and another place of its objects, in a cluster. */
export interface CopyTarget extends JobPlace {
  /** The store. */
  store: ObjectsPlan;
  /** The other place. */
  place: ObjectsPlacePlan;
}

/**
 * Copies what changed, now.
 *
 * @param deleting whether what is not here is deleted there; the second copy keeps it as a version in any case.
 * @throws UserError with what the Job said.
 */
export async function copyNow(target: CopyTarget, deleting: boolean, report: Report): Promise<void> {
  await run(target, ["copy", ...(deleting ? ["delete"] : [])], report);
}

/**
 * Compares every bucket with its copy.
 *
 * @param read which objects of one size are read on both sides.
 */
export async function audit(target: CopyTarget, read: Read, report: Report): Promise<Audit[]> {
  const isResult = (line: string): boolean => line.startsWith("[{");
  const log = await run(target, ["audit", read], (line) => {
    if (!isResult(line)) report(line);
  });
  const found = log.split("\n").find(isResult);
  if (!found) throw new UserError(`the comparison gave no result:\n${lastLines(log)}`);
  return JSON.parse(found) as Audit[];
}

/** What comes back from a copy. */
export interface RestoreArgs {
  /** The bucket. */
  bucket: string;
  /** Another bucket into which its objects come; default: the bucket itself. */
  into?: string;
  /** The moment; default: as the copy is now. */
  at?: Date;
}

/** Brings a bucket's objects back. @throws UserError where there is no such bucket, or with what the Job said. */
export async function restoreBucket(
  target: CopyTarget,
  { bucket, into = bucket, at }: RestoreArgs,
  report: Report,
): Promise<void> {
  const { place, store } = target;
  const copied = place.pairs.map(({ site }) => site);
  if (!copied.includes(bucket)) {
    throw new UserError(`bucket ${bucket} has no copy\n  allowed: ${copied.join(", ")}`);
  }
  const writer = writerOf(store, into);
  // A bucket that is gone is made again, with what its users may do.
  await convergeAgain(target, report);
  // The copy's own key may only read here: this Job gets the one of a user who writes to the bucket.
  const key = { name: userSecretName(store, writer.name), items: keyItems("writer") };
  const args = ["restore", bucket, into, ...(at ? [at.toISOString()] : [])];
  await run(target, args, report, (spec) => addSource(spec, { secret: key }));
}

/** Runs the newest Job that made the store's buckets and users once more. */
async function convergeAgain(target: CopyTarget, report: Report): Promise<void> {
  const { store } = target;
  const spec = await newestJobSpec(target, `${store.name}-converge-`);
  if (!spec) throw new UserError(`nothing made the buckets of ${store.name} yet: archipel up`);
  const { succeeded, log } = await runJob(target, `${store.name}-again-${Date.now().toString(36)}`, spec, 600, report);
  if (!succeeded) throw new UserError(`the bucket could not be made again:\n${lastLines(log)}`);
}

const keyItems = (folder: string): object[] =>
  ["accessKeyId", "secretAccessKey"].map((key) => ({ key, path: `${folder}/${key}` }));

function addSource(spec: JobSpec, source: object): void {
  spec.template.spec.volumes!.find(({ name }) => name === "keys")!.projected!.sources.push(source);
}

/** Runs the scheduled Job with another command. */
async function run(
  target: CopyTarget,
  args: string[],
  report: Report,
  change: (spec: JobSpec) => void = () => undefined,
): Promise<string> {
  const { name } = target.place;
  const spec = await cronJobSpec(target, name);
  const [container] = spec.template.spec.containers;
  container!.command = [...container!.command.slice(0, -1), ...args];
  change(spec);
  const job = `${name}-${args[0]}-${Date.now().toString(36)}`;
  const { succeeded, log } = await runJob(target, job, spec, SECONDS, report);
  if (!succeeded)
    throw new UserError(`${args[0]} failed; what was done stays, and the next run goes on:\n${lastLines(log)}`);
  return log;
}

const lastLines = (log: string): string => log.trim().split("\n").slice(-8).join("\n");
