import type { MinioPlan } from "../../stacks/objectsPlan.ts";

/** A policy document of S3. */
export interface S3Rules {
  /** Version of the language. */
  Version: "2012-10-17";
  /** What is allowed; everything else is denied. What is denied by name stays so, whoever allows it beside. */
  Statement: { Effect: "Allow" | "Deny"; Action: string[]; Resource: string[] }[];
}

const READ_BUCKET = ["s3:GetBucketLocation", "s3:GetBucketVersioning", "s3:ListBucket", "s3:ListBucketVersions"];
const READ_OBJECTS = ["s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectVersion"];
const WRITE_BUCKET = ["s3:ListBucketMultipartUploads"];
const WRITE_OBJECTS = [
  "s3:AbortMultipartUpload",
  "s3:DeleteObject",
  "s3:DeleteObjectTagging",
  "s3:ListMultipartUploadParts",
  "s3:PutObject",
  "s3:PutObjectTagging",
];

/**
 * In a bucket with versioning, nobody but the root user or the bucket's owner removes old versions. It is not enough to leave
 * this out: to MinIO, who may delete an object may delete its versions unless that is denied by name.
 */
const DENIED = ["s3:DeleteObjectVersion"];

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
      { Effect: "Deny" as const, Action: DENIED, Resource: [`${bucketName}/*`] },
    ];
  });
  return { Version: "2012-10-17", Statement: statements };
}
