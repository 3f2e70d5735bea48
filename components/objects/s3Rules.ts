import type { MinioPlan } from "../../stacks/objectsPlan.ts";

/** A policy document of S3. */
export interface S3Rules {
  /** Version of the language. */
  Version: "2012-10-17";
  /** What is allowed; everything else is denied. */
  Statement: { Effect: "Allow"; Action: string[]; Resource: string[] }[];
}

const READ_BUCKET = ["s3:GetBucketLocation", "s3:GetBucketVersioning", "s3:ListBucket", "s3:ListBucketVersions"];
const READ_OBJECTS = ["s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectVersion"];
const WRITE_BUCKET = ["s3:ListBucketMultipartUploads"];
/** Without s3:DeleteObjectVersion: in a bucket with versioning, nobody but the root user removes old versions. */
const WRITE_OBJECTS = [
  "s3:AbortMultipartUpload",
  "s3:DeleteObject",
  "s3:DeleteObjectTagging",
  "s3:ListMultipartUploadParts",
  "s3:PutObject",
  "s3:PutObjectTagging",
];

/** Exactly the buckets that a user's access names, and their objects. */
export function s3Rules(access: MinioPlan["users"][number]["access"]): S3Rules {
  const statements = access.flatMap(({ bucket, mode }) => {
    const write = mode === "readwrite";
    const bucketName = `arn:aws:s3:::${bucket}`;
    return [
      { Effect: "Allow" as const, Action: [...READ_BUCKET, ...(write ? WRITE_BUCKET : [])], Resource: [bucketName] },
      {
        Effect: "Allow" as const,
        Action: [...READ_OBJECTS, ...(write ? WRITE_OBJECTS : [])],
        Resource: [`${bucketName}/*`],
      },
    ];
  });
  return { Version: "2012-10-17", Statement: statements };
}
