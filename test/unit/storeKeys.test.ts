import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stateOf } from "../../images/objects/src/buckets.ts";
import { Failure } from "../../images/objects/src/failure.ts";
import { GatewayUsers } from "../../images/objects/src/gatewayUsers.ts";
import type { Job } from "../../images/objects/src/job.ts";
import { openStore } from "../../images/objects/src/s3.ts";
import { tryKey } from "../../images/objects/src/tryKey.ts";
import { selfSigned } from "../cluster/selfSigned.ts";
import { FaultyS3, type Faults } from "./faultyS3.ts";

const SECRET = "a secret that nobody may see";

const from = {
  account: { path: "archipel:objects.account", accessKeyId: "storeId", secretAccessKey: "storeKey" },
  users: { notes: { path: "archipel:objects.keys[2]", accessKeyId: "notesId", secretAccessKey: "notesKey" } },
};

const jobAt = (endpoint: string): Job => ({
  ...{ endpoint, region: "us-east-1", manage: "buckets", owner: "test", users: [], from },
  buckets: [{ name: "files", versioning: false, lifecycle: [] }],
});

/** What is said of a key, with S3 for the server's address; nothing where it is fine. */
async function said(job: Job, user?: string): Promise<string> {
  const client = openStore(job, { accessKeyId: "id", secretAccessKey: SECRET }, { maxAttempts: 1 });
  try {
    await tryKey(client, job, user);
    return "";
  } catch (error) {
    const { message } = error as Error;
    assert.ok(!message.includes(SECRET), "no secret is said");
    return `${error instanceof Failure ? "final" : "passing"}: ${message.replaceAll(job.endpoint, "S3")}`;
  } finally {
    client.destroy();
  }
}

/** The same of a server with these faults. */
async function saidOf(faults: Faults, user?: string, tls?: { cert: Buffer; key: Buffer }): Promise<string> {
  const server = new FaultyS3(faults, tls);
  try {
    return await said(jobAt(await server.start()), user);
  } finally {
    server.stop();
  }
}

const answer = (status: number, code: string, message = "") => ({
  says: { status, body: `<Error><Code>${code}</Code><Message>${message}</Message></Error>` },
});

describe("the key of a store that somebody else runs", () => {
  it("is fine where the store knows it, whatever it may do", async () => {
    assert.equal(await saidOf({}), "");
    assert.equal(await saidOf(answer(403, "AccessDenied")), "");
    assert.equal(await saidOf(answer(404, "NoSuchBucket")), "");
  });

  it("is named where the store does not know it, or another secret belongs to it", async () => {
    assert.match(
      await saidOf(answer(403, "InvalidAccessKeyId")),
      /^final: archipel:objects\.account\.accessKeyIdFrom: S3 does not know the access key id in archipel:storeId /,
    );
    assert.match(
      await saidOf(answer(403, "SignatureDoesNotMatch", SECRET), "notes"),
      /^final: archipel:objects\.keys\[2\]\.secretAccessKeyFrom: the secret in archipel:notesKey does not belong /,
    );
  });

  it("is not blamed for a wrong region, address or certificate", async () => {
    assert.match(
      await saidOf(answer(400, "AuthorizationHeaderMalformed", "expecting 'eu-west-1'")),
      /^final: archipel:objects\.region: .*; it says: eu-west-1$/,
    );
    const asGarage =
      "unexpected scope: '20261128/us-east-1/s3/aws4_request', expected: '20261128/garage/s3/aws4_request'";
    assert.match(await saidOf(answer(400, "AuthorizationHeaderMalformed", asGarage)), /; it says: garage$/);
    assert.match(
      await said(jobAt("http://127.0.0.1:9")),
      /^passing: archipel:objects\.endpoint: S3 cannot be reached /,
    );
    const folder = mkdtempSync(join(tmpdir(), "archipel-key-"));
    try {
      const file = (name: string) => readFileSync(join(folder, name));
      await selfSigned({ folder, key: "a.key", certificate: "a.crt", name: "a", alternatives: "IP:127.0.0.1" });
      const tls = { key: file("a.key"), cert: file("a.crt") };
      assert.match(await saidOf({}, undefined, tls), /^final: archipel:objects\.caFrom: .* does not vouch for /);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("is not asked about where the platform made it itself", async () => {
    const { from: _from, ...own } = jobAt("http://127.0.0.1:9");
    assert.equal(await said(own), "");
    assert.equal(await said(jobAt("http://127.0.0.1:9"), "made-here"), "");
  });

  it("lacks what it needs to manage users where the gateway does not let it, and that is final", async () => {
    const server = new FaultyS3({ says: { status: 403, body: '{"Code":"AccessDenied"}' } });
    const user = { name: "notes", login: "s-site1-notes", access: [], rules: { Statement: [] } };
    const job: Job = { ...jobAt(await server.start()), manage: "rgw", users: [user] };
    const key = { accessKeyId: "id", secretAccessKey: SECRET };
    try {
      await assert.rejects(
        new GatewayUsers(job, key).obstacles(),
        new Failure([
          "archipel:objects.account: the gateway lets it manage no users; give it the capabilities users=*;buckets=*",
        ]),
      );
      // Where the platform makes the account, it gets what it may do a moment later.
      const { from: _from, ...own } = job;
      const found = await new GatewayUsers(own, key).obstacles().catch((error: unknown) => error);
      assert.ok(found instanceof Error && !(found instanceof Failure), String(found));
    } finally {
      server.stop();
    }
  });

  it("that is wrong does not make a bucket somebody else's", async () => {
    for (const [code, expected] of [
      ["AccessDenied", "theirs"],
      ["InvalidAccessKeyId", "InvalidAccessKeyId"],
      ["SignatureDoesNotMatch", "SignatureDoesNotMatch"],
    ] as const) {
      const server = new FaultyS3(answer(403, code));
      const store = { endpoint: await server.start(), region: "us-east-1" };
      const client = openStore(store, { accessKeyId: "id", secretAccessKey: SECRET }, { maxAttempts: 1 });
      assert.equal(await stateOf(client, "files").catch(({ name }: Error) => name), expected);
      client.destroy();
      server.stop();
    }
  });
});
