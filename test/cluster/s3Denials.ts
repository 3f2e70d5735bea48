import assert from "node:assert/strict";
import { CreateBucketCommand, PutBucketPolicyCommand, type S3Client } from "@aws-sdk/client-s3";
import { missingBasics, scratchKey } from "../../images/objects/src/features.ts";

/** Key of the user `limited`, whom a policy of the bucket denies one thing. */
export const LIMITED = { accessKeyId: "limited-key", secretAccessKey: "secret-of-the-limited" };

/** What is denied, and what a user then lacks. */
const DENIED: [string, string[]][] = [
  ["s3:PutObject", ["writing and reading objects, whole and in part", "uploads in parts"]],
  ["s3:GetObject", ["writing and reading objects, whole and in part", "uploads in parts"]],
  ["s3:ListBucket", ["listing objects"]],
  ["s3:DeleteObject", ["deleting objects"]],
];

/** Whoever lacks one right on a gateway is told of that one, and who needs it. */
export function tellsDenialsApart({
  owner,
  limited,
}: {
  owner: () => S3Client;
  limited: () => Promise<S3Client>;
}): void {
  for (const [action, lacks] of DENIED) {
    it(`names what is missing where it denies ${action}`, async () => {
      const Bucket = "denied";
      await owner().send(new CreateBucketCommand({ Bucket }));
      const Principal = { AWS: ["arn:aws:iam:::user/limited"] };
      const Resource = [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`];
      const rules = [
        { Effect: "Allow", Action: ["s3:*"] },
        { Effect: "Deny", Action: [action] },
      ].map((rule) => ({ ...rule, Principal, Resource }));
      const Policy = JSON.stringify({ Version: "2012-10-17", Statement: rules });
      await owner().send(new PutBucketPolicyCommand({ Bucket, Policy }));
      const needs = [{ name: Bucket, versioning: false, lifecycle: [] }];
      const found = await missingBasics({ client: await limited(), bucket: Bucket, key: scratchKey() }, needs);
      assert.deepEqual(
        found.map((line) => line.replace(/: AccessDenied \(403\).*;/, ": denied;")),
        lacks.map((name) => `${name}: denied; needed by bucket ${Bucket}`),
      );
    });
  }
}
