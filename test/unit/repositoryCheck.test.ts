import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure } from "../../images/objects/src/failure.ts";
import { tryRepository } from "../../images/objects/src/repository.ts";
import { selfSigned } from "../cluster/selfSigned.ts";
import { FaultyS3, type Faults } from "./faultyS3.ts";

const PATH = "archipel:database.backup.offsite";
const SECRET = "a secret that nobody may see";

/** What the check of a repository says: nothing but what is wrong, where anything is. */
async function check(endpoint: string, ca?: string): Promise<string> {
  const said: string[] = [];
  const from = {
    accessKeyId: "offsiteId",
    secretAccessKey: "offsiteKey",
    ...(ca !== undefined && { ca: "offsiteCa" }),
  };
  const job = { endpoint, region: "us-east-1", bucket: "backups", prefix: "postgresql/", path: PATH, from };
  const keys = { key: { accessKeyId: "id", secretAccessKey: SECRET }, ca };
  try {
    await tryRepository(job, { keys, say: (line) => said.push(line), patience: 0 });
    return said.join("\n");
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.reasons.length, 1);
    assert.ok(!error.message.includes(SECRET));
    return error.message;
  }
}

/** The same, of a server with these faults; a colon stands for its address. */
async function checkFaulty(faults: Faults): Promise<string> {
  const server = new FaultyS3(faults);
  const endpoint = await server.start();
  try {
    const said = await check(endpoint);
    assert.deepEqual(faults.keeps ? [] : server.keys, [], "nothing is left behind");
    return said.replaceAll(endpoint, "S3");
  } finally {
    server.stop();
  }
}

const answer = (status: number, code: string, message = "") => ({
  says: { status, body: `<Error><Code>${code}</Code><Message>${message}</Message></Error>` },
});

describe("the check of a repository", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "archipel-check-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  it("says so where everything works", async () => {
    assert.equal(await checkFaulty({}), `${PATH}: S3 lists, takes, gives back and deletes objects in bucket backups`);
  });

  it("names the config key that the service objects to", async () => {
    assert.match(
      await checkFaulty(answer(403, "InvalidAccessKeyId")),
      /^archipel:database\.backup\.offsite\.accessKeyIdFrom: S3 does not know the access key id in archipel:offsiteId .*pulumi config set --secret offsiteId$/,
    );
    assert.match(
      await checkFaulty(answer(403, "SignatureDoesNotMatch", SECRET)),
      /^archipel:database\.backup\.offsite\.secretAccessKeyFrom: the secret in archipel:offsiteKey does not belong/,
    );
    assert.match(
      await checkFaulty(answer(404, "NoSuchBucket")),
      /^archipel:database\.backup\.offsite\.bucket: S3 has no bucket "backups"/,
    );
    assert.match(
      await checkFaulty(answer(400, "AuthorizationHeaderMalformed", "expecting 'eu-west-1'")),
      /^archipel:database\.backup\.offsite\.region: .*; it says: eu-west-1$/,
    );
    // As Garage says it.
    assert.match(await checkFaulty(answer(403, "AccessDenied", "Forbidden: No such key: id")), /accessKeyIdFrom: /);
    assert.match(
      await checkFaulty(answer(403, "AccessDenied", "Forbidden: Invalid signature")),
      /secretAccessKeyFrom: /,
    );
  });

  it("names what the key may not do, and takes away what it wrote where it can", async () => {
    for (const [denied, action] of Object.entries({ list: "list", put: "write", get: "read" } as const)) {
      assert.match(
        await checkFaulty({ denied: [denied as "list" | "put" | "get"] }),
        new RegExp(`^${PATH.replaceAll(".", "\\.")}\\.bucket: the key in archipel:offsiteId may not ${action} in`),
      );
    }
    assert.match(await checkFaulty({ denied: ["delete"], keeps: true }), /\.bucket: .* may not delete in/);
  });

  it("sees another content, and an object that stays", async () => {
    const spoil = (content: Buffer) => Buffer.alloc(content.length, "?");
    assert.match(await checkFaulty({ spoil }), /\.endpoint: .*another content came back/);
    assert.match(await checkFaulty({ keeps: true }), /\.endpoint: .*a deleted object can still be read/);
  });

  it("takes what is no S3 service for none", async () => {
    for (const status of [200, 404, 500]) {
      const said = await checkFaulty({ says: { status, body: "<html><body>It works!</body></html>" } });
      assert.match(said, /\.endpoint: S3 did not (list|read) as an S3 service does \(/, String(status));
    }
  });

  it("names the endpoint where nothing answers", async () => {
    assert.match(await check("http://127.0.0.1:1"), /\.endpoint: .* cannot be reached from the site \(ECONNREFUSED\)/);
    assert.match(await check("http://nowhere.invalid"), /\.endpoint: .* cannot be reached from the site \(E[A-Z_]+\)/);
  });

  describe("with TLS", () => {
    let server: FaultyS3;
    let endpoint: string;
    const certificate = (name: string) => readFileSync(join(folder, `${name}.crt`), "utf8");
    const make = (name: string, alternatives: string) =>
      selfSigned({ folder, key: `${name}.key`, certificate: `${name}.crt`, name, alternatives });

    before(async () => {
      await make("own", "IP:127.0.0.1");
      await make("other", "IP:127.0.0.1");
      server = new FaultyS3(
        {},
        { cert: readFileSync(join(folder, "own.crt")), key: readFileSync(join(folder, "own.key")) },
      );
      endpoint = await server.start();
    });
    after(() => server.stop());

    it("trusts the CA of config", async () => {
      assert.match(await check(endpoint, certificate("own")), /lists, takes, gives back and deletes/);
    });

    it("names the CA where it does not vouch for the service, is missing, or is none", async () => {
      assert.match(
        await check(endpoint, certificate("other")),
        /\.caFrom: the CA in archipel:offsiteCa does not vouch for/,
      );
      assert.match(await check(endpoint), /\.caFrom: nothing is there, and a public CA does not vouch for/);
      assert.match(await check(endpoint, "no certificate"), /\.caFrom: archipel:offsiteCa holds no certificate in PEM/);
    });

    it("names the endpoint where the certificate is of another name", async () => {
      const named = endpoint.replace("127.0.0.1", "localhost");
      assert.match(await check(named, certificate("own")), /\.endpoint: .* shows a certificate of another name/);
    });

    it("names the endpoint where nobody speaks TLS", async () => {
      const plain: Server = createServer((socket) => socket.end("220 mail.example.org ESMTP\r\n"));
      await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
      const { port } = plain.address() as AddressInfo;
      assert.match(await check(`https://127.0.0.1:${port}`), /\.endpoint: .* speaks no TLS/);
      plain.close();
    });
  });
});
