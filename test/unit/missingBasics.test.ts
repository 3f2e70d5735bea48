import assert from "node:assert/strict";
import { missingBasics } from "../../images/objects/src/features.ts";
import { openStore } from "../../images/objects/src/s3.ts";
import { FaultyS3, type Faults } from "./faultyS3.ts";

const bucket = (name: string) => ({ name, versioning: false, lifecycle: [] });

/** What is said of a server with these faults, of the buckets `files` and `notes`. */
async function lacks(faults: Faults): Promise<string[]> {
  const server = new FaultyS3(faults);
  const store = { endpoint: await server.start(), region: "us-east-1" };
  const client = openStore(store, { accessKeyId: "id", secretAccessKey: "secret" });
  try {
    return await missingBasics({ client, bucket: "files", key: "proof" }, [bucket("files"), bucket("notes")]);
  } finally {
    client.destroy();
    server.stop();
  }
}

const line = (what: string, why: string): string => `${what}: ${why}; needed by bucket files, notes`;
const WRITING = "writing and reading objects, whole and in part";
const PARTS = "uploads in parts";
const DENIED = "AccessDenied (403): UnknownError";

describe("what a store lacks of what every bucket needs", () => {
  it("is nothing where all of it works", async () => {
    assert.deepEqual(await lacks({}), []);
  });

  it("is named by what is denied, and nothing that only follows from it", async () => {
    assert.deepEqual(await lacks({ denied: ["put"] }), [line(WRITING, DENIED)]);
    assert.deepEqual(await lacks({ denied: ["list"] }), [line("listing objects", DENIED)]);
    assert.deepEqual(await lacks({ denied: ["delete"] }), [line("deleting objects", DENIED)]);
    for (const step of ["begin", "part", "complete"] as const) {
      assert.deepEqual(await lacks({ denied: [step] }), [line(PARTS, DENIED)]);
    }
    assert.deepEqual(await lacks({ denied: ["get"] }), [line(WRITING, DENIED), line(PARTS, DENIED)]);
  });

  it("is seen where another content comes back, of the same length too", async () => {
    const other = (content: Buffer) => Buffer.alloc(content.length, "?");
    assert.deepEqual(await lacks({ spoil: other }), [
      line(WRITING, "another content came back"),
      line(PARTS, "another content came back than was sent in two parts"),
    ]);
    const large = (content: Buffer) => (content.length < 1000 ? content : other(content));
    assert.deepEqual(await lacks({ spoil: large }), [
      line(PARTS, "another content came back than was sent in two parts"),
    ]);
    const shorter = (content: Buffer) => (content.length < 1000 ? content : content.subarray(0, -1));
    assert.deepEqual(await lacks({ spoil: shorter }), [
      line(PARTS, "another content came back than was sent in two parts"),
    ]);
  });

  it("is seen where an object stays that was deleted", async () => {
    assert.deepEqual(await lacks({ keeps: true }), [line("deleting objects", "a deleted object can still be read")]);
  });
});
