import { CopyObjectCommand, GetBucketVersioningCommand, type S3Client } from "@aws-sdk/client-s3";
import { inTurns } from "../../images/objects/src/inTurns.ts";
import { versionPages } from "../../images/objects/src/versions.ts";
import type { Report } from "../step.ts";
import { UserError } from "../userError.ts";

/** What is to be as it was. */
export interface RewindArgs {
  /** A bucket that keeps versions. */
  bucket: string;
  /** The moment. */
  at: Date;
}

/** A version of an object, or the mark of its deletion. */
interface Version {
  id: string;
  time: Date;
  /** Undefined: it is a mark of a deletion. */
  etag?: string;
  latest: boolean;
}

/** An object now, and at the moment. */
interface Course {
  now?: Version;
  then?: Version;
}

/** How many keys of failures are named. */
const NAMED = 5;

/**
 * Brings objects back that were replaced or deleted since a moment: the version of then becomes the newest one. It deletes
 * nothing, so that it needs no more rights than to read and write, and what came since stays. Run again, it goes on.
 *
 * @returns how many objects came back.
 * @throws UserError where the bucket keeps no versions, or with what could not come back.
 */
export async function rewind(s3: S3Client, { bucket, at }: RewindArgs, report: Report): Promise<number> {
  const { Status } = await s3.send(new GetBucketVersioningCommand({ Bucket: bucket }));
  if (Status !== "Enabled") throw new UserError(`bucket ${bucket} keeps no versions: nothing can come back`);
  const changed = [...(await courses(s3, bucket, at))].flatMap(([key, { now, then }]) =>
    then?.etag === undefined || then.etag === now?.etag ? [] : [{ key, version: then.id }],
  );
  const failed: string[] = [];
  let done = 0;
  await inTurns(changed, async ({ key, version }) => {
    const CopySource = `${bucket}/${key.split("/").map(encodeURIComponent).join("/")}?versionId=${version}`;
    try {
      await s3.send(new CopyObjectCommand({ Bucket: bucket, Key: key, CopySource }));
    } catch (error) {
      failed.push(`${key}: ${(error as Error).message}`);
    }
    report(`${++done} of ${changed.length}`);
  });
  if (failed.length === 0) return changed.length;
  const named = [...failed.slice(0, NAMED), ...(failed.length > NAMED ? ["…"] : [])];
  throw new UserError(`${failed.length} of ${changed.length} objects did not come back:\n  ${named.join("\n  ")}`);
}

/** What became of each object of a bucket. */
async function courses(client: S3Client, Bucket: string, at: Date): Promise<Map<string, Course>> {
  const all = new Map<string, Course>();
  for await (const { Versions = [], DeleteMarkers = [] } of versionPages(client, { Bucket })) {
    const marks = DeleteMarkers.map((mark) => ({ ...mark, ETag: undefined }));
    for (const { Key, VersionId, LastModified, ETag, IsLatest } of [...Versions, ...marks]) {
      const version = { id: VersionId!, time: LastModified!, etag: ETag, latest: IsLatest ?? false };
      note(all, Key!, version, at);
    }
  }
  return all;
}

/** Stores tell the time of a version by the second or finer: of two of one moment, the first that is listed is the newer. */
function note(all: Map<string, Course>, key: string, version: Version, at: Date): void {
  const course = all.get(key) ?? {};
  all.set(key, course);
  if (version.latest) course.now = version;
  if (version.time <= at && (!course.then || version.time > course.then.time)) course.then = version;
}
