import assert from "node:assert/strict";
import { missingFeatures } from "../../images/objects/src/features.ts";
import { openStore } from "../../images/objects/src/s3.ts";
import { FaultyS3 } from "./faultyS3.ts";

const bucket = (name: string, more: object = {}) => ({ name, versioning: false, lifecycle: [], ...more });

describe("what a store lacks of what some buckets need", () => {
  const buckets = [
    bucket("plain"),
    bucket("passing", { lifecycle: [{ prefix: "", expireDays: 7 }] }),
    bucket("history", { versioning: true }),
    bucket("locked", { versioning: true, objectLock: { mode: "GOVERNANCE", days: 1 } }),
  ];

  /** What is said of a server that does not know these parts of S3. */
  async function lacks(parts: string[], of = buckets): Promise<string[]> {
    const server = new FaultyS3({ lacks: parts });
    const client = openStore(
      { endpoint: await server.start(), region: "us-east-1" },
      { accessKeyId: "id", secretAccessKey: "secret" },
      { maxAttempts: 1 },
    );
    try {
      return await missingFeatures(client, { buckets: of });
    } finally {
      assert.deepEqual(server.keys, [], "what was tried out is taken away");
      client.destroy();
      server.stop();
    }
  }

  it("is named with those alone that need it", async () => {
    const all = await lacks(["versioning", "versions", "lifecycle", "object-lock"]);
    assert.equal(all.length, 3, all.join("\n"));
    assert.match(all[0]!, /^versioning: NotImplemented.*; needed by bucket history, locked; /);
    assert.match(all[1]!, /^lifecycle rules: NotImplemented.*; needed by bucket passing$/);
    assert.match(all[2]!, /^object lock: NotImplemented.*; needed by bucket locked$/);
  });

  it("is not asked for where no bucket needs it", async () => {
    assert.deepEqual(await lacks(["versioning", "versions", "lifecycle", "object-lock"], [buckets[0]!]), []);
  });
});
