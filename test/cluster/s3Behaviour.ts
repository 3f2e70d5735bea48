import assert from "node:assert/strict";
import { Agent, request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  UploadPartCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { rewind } from "../../cli/objects/rewind.ts";
import { removeVersions } from "../../images/objects/src/scratch.ts";

/** A store under test. */
interface TestedStore {
  /** Opens it as somebody who may make buckets. */
  owner: () => Promise<S3Client>;
  /** Opens it as somebody else, for what is denied, whom a policy of a bucket names so; undefined: not tested. */
  stranger?: { client: () => Promise<S3Client>; principal: string };
  /** Reaches its signed addresses. Default: whoever answers there, since a tunnel's end has no name of its own. */
  agent?: () => Agent;
  /** What it cannot do, each with the reason, which the report names; the cases that need it are skipped. */
  lacks?: { versions?: string; policies?: string };
  /** Status of its answer to a signed address after its time. Default: 403. */
  endedStatus?: number;
}

const Bucket = "behaviour";
const PART = 5 * 2 ** 20;

async function read(owner: S3Client, Key: string, more: object = {}): Promise<string | undefined> {
  return (await owner.send(new GetObjectCommand({ Bucket, Key, ...more }))).Body?.transformToString();
}

/** Status and body of a URL. */
const fetchUrl = (
  url: string,
  agent: Agent,
  { method = "GET", content = "" } = {},
): Promise<{ status: number; body: string }> =>
  new Promise((resolve, reject) => {
    const asked = request(url, { agent, method, headers: { "content-length": content.length } }, (answer) => {
      let body = "";
      answer.on("data", (part: Buffer) => (body += part.toString()));
      answer.on("end", () => resolve({ status: answer.statusCode!, body }));
    });
    asked.on("error", reject).end(content);
  });

/** A case, skipped where the store lacks what it needs. */
const unless = (lack: string | undefined) =>
  lack === undefined ? it : (title: string, run: Mocha.AsyncFunc) => it.skip(`${title} (skipped: ${lack})`, run);

/** What clients expect of S3, with a client that nobody here wrote. */
export function behavesLikeS3(
  name: string,
  { owner: open, stranger, agent, lacks = {}, endedStatus = 403 }: TestedStore,
) {
  describe(`S3 of ${name}`, function () {
    this.timeout(60_000);
    let owner: S3Client;

    before(async () => {
      owner = await open();
      await owner.send(new CreateBucketCommand({ Bucket }));
    });

    after(async () => {
      await removeVersions(owner, { Bucket });
      await owner.send(new DeleteBucketCommand({ Bucket }));
    });

    it("puts parts together, and reads any range of them", async () => {
      const object = { Bucket, Key: "parts" };
      const { UploadId } = await owner.send(new CreateMultipartUploadCommand(object));
      const Parts = [];
      for (const [index, Body] of ["a".repeat(PART), "b".repeat(PART), "end"].entries()) {
        const PartNumber = index + 1;
        const { ETag } = await owner.send(new UploadPartCommand({ ...object, UploadId, PartNumber, Body }));
        Parts.push({ ETag, PartNumber });
      }
      await owner.send(new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts } }));
      assert.equal(await read(owner, "parts", { Range: `bytes=${PART - 2}-${PART + 1}` }), "aabb");
      assert.equal(await read(owner, "parts", { Range: "bytes=-5" }), "bbend");
      await assert.rejects(read(owner, "parts", { Range: `bytes=${3 * PART}-` }), { name: "InvalidRange" });
    });

    it("forgets an upload that is given up", async () => {
      const object = { Bucket, Key: "given-up" };
      const { UploadId } = await owner.send(new CreateMultipartUploadCommand(object));
      // By its key: of all keys of a bucket a server of MinIO lists what it has begun itself, finished or not.
      const list = async (): Promise<(string | undefined)[]> => {
        const { Uploads = [] } = await owner.send(new ListMultipartUploadsCommand({ Bucket, Prefix: object.Key }));
        return Uploads.map((upload) => upload.UploadId);
      };
      assert.deepEqual(await list(), [UploadId]);
      await owner.send(new AbortMultipartUploadCommand({ ...object, UploadId }));
      assert.deepEqual(await list(), []);
      await assert.rejects(read(owner, "given-up"), { name: "NoSuchKey" });
    });

    it("hands an object to whoever has a signed address, until it ends", async () => {
      await owner.send(new PutObjectCommand({ Bucket, Key: "signed", Body: "for you" }));
      const reach = agent?.() ?? new Agent({ rejectUnauthorized: false });
      const request = new GetObjectCommand({ Bucket, Key: "signed" });
      const url = await getSignedUrl(owner, request, { expiresIn: 60 });
      assert.deepEqual(await fetchUrl(url, reach), { status: 200, body: "for you" });
      assert.equal((await fetchUrl(url.replace(/X-Amz-Signature=..../, "X-Amz-Signature=0000"), reach)).status, 403);
      const past = new Date(Date.now() - 3_600_000);
      const ended = await getSignedUrl(owner, request, { expiresIn: 60, signingDate: past });
      assert.equal((await fetchUrl(ended, reach)).status, endedStatus);
    });

    it("takes an object from whoever has a signed address for it, and no other", async () => {
      const reach = agent?.() ?? new Agent({ rejectUnauthorized: false });
      const url = await getSignedUrl(owner, new PutObjectCommand({ Bucket, Key: "given" }), { expiresIn: 60 });
      const given = { method: "PUT", content: "from you" };
      assert.equal((await fetchUrl(url, reach, given)).status, 200);
      assert.equal(await read(owner, "given"), "from you");
      assert.equal((await fetchUrl(url.replace("/given?", "/other?"), reach, given)).status, 403);
      assert.equal((await fetchUrl(url, reach)).status, 403);
    });

    unless(lacks.versions)("keeps versions, and gives a deleted object back", async () => {
      const VersioningConfiguration = { Status: "Enabled" } as const;
      await owner.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
      const object = { Bucket, Key: "versions" };
      const first = await owner.send(new PutObjectCommand({ ...object, Body: "first" }));
      await owner.send(new PutObjectCommand({ ...object, Body: "second" }));
      const marker = await owner.send(new DeleteObjectCommand(object));
      assert.equal(marker.DeleteMarker, true);
      await assert.rejects(read(owner, "versions"), { name: "NoSuchKey" });
      assert.equal(await read(owner, "versions", { VersionId: first.VersionId }), "first");
      await owner.send(new DeleteObjectCommand({ ...object, VersionId: marker.VersionId }));
      assert.equal(await read(owner, "versions"), "second");
    });

    unless(lacks.versions)("is as it was at a moment, when its objects are brought back", async () => {
      const put = (Key: string, Body: string) => owner.send(new PutObjectCommand({ Bucket, Key, Body }));
      // Enough for a store that spreads the versions of an object over its parts.
      const replaced = ["a b/é+", ...Array.from({ length: 7 }, (_, number) => `replaced/${number}`)];
      for (const key of ["kept", ...replaced, "gone"]) await put(key, "right");
      await sleep(1100);
      const at = new Date();
      await sleep(1100);
      for (const key of replaced) await put(key, "wrong");
      await owner.send(new DeleteObjectCommand({ Bucket, Key: "gone" }));
      await put("came", "since");
      const back = () => rewind(owner, { bucket: Bucket, at }, () => undefined);
      assert.equal(await back(), replaced.length + 1);
      for (const key of ["kept", ...replaced, "gone"]) assert.equal(await read(owner, key), "right", key);
      assert.equal(await read(owner, "came"), "since");
      assert.equal(await back(), 0);
    });

    if (!stranger && lacks.policies === undefined) return;
    unless(lacks.policies)("denies others, unless a policy lets them, and then that alone", async () => {
      const { client, principal } = stranger!;
      const other = await client();
      const asked = () => other.send(new GetObjectCommand({ Bucket, Key: "signed" }));
      await assert.rejects(asked(), { name: "AccessDenied" });
      const Principal = { AWS: [principal] };
      const rule = { Effect: "Allow", Principal, Action: ["s3:GetObject"], Resource: [`arn:aws:s3:::${Bucket}/*`] };
      const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [rule] });
      await owner.send(new PutBucketPolicyCommand({ Bucket, Policy }));
      assert.equal(await (await asked()).Body?.transformToString(), "for you");
      const write = other.send(new PutObjectCommand({ Bucket, Key: "signed", Body: "mine" }));
      await assert.rejects(write, { name: "AccessDenied" });
    });
  });
}
