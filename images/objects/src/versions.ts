import {
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandInput,
  type ListObjectVersionsCommandOutput,
  type S3Client,
} from "@aws-sdk/client-s3";

/** Which versions are listed: those in a bucket, all or of objects whose key begins so. */
export type VersionsOf = Pick<ListObjectVersionsCommandInput, "Bucket" | "Prefix">;

/** The versions in a bucket, and the marks of deletions, page by page: a store gives a thousand at once. */
export async function* versionPages(
  client: S3Client,
  where: VersionsOf,
): AsyncGenerator<ListObjectVersionsCommandOutput, undefined> {
  let from: Pick<ListObjectVersionsCommandInput, "KeyMarker" | "VersionIdMarker"> | undefined = {};
  while (from) {
    const page: ListObjectVersionsCommandOutput = await client.send(
      new ListObjectVersionsCommand({ ...where, ...from }),
    );
    yield page;
    const { IsTruncated, NextKeyMarker, NextVersionIdMarker } = page;
    from = IsTruncated ? { KeyMarker: NextKeyMarker, VersionIdMarker: NextVersionIdMarker } : undefined;
  }
}
