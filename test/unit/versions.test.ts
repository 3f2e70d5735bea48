import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import {
  DeleteObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  S3ServiceException,
  type S3Client,
} from "@aws-sdk/client-s3";
import { inTurns } from "../../images/objects/src/inTurns.ts";
import { removeVersions } from "../../images/objects/src/scratch.ts";

/** Entries of one answer. */
const PAGE = 1000;

/** A store of one bucket with so many versions, the last of which are marks of deletions; or one that knows no versions. */
function storeOf(count: number, { versions = true } = {}) {
  const held = new Set(Array.from({ length: count }, (_, index) => String(index).padStart(6, "0")));
  const page = (after: string | undefined) => {
    const left = [...held].filter((key) => after === undefined || key > after);
    const keys = left.slice(0, PAGE);
    return { keys, last: keys.at(-1), more: left.length > PAGE };
  };
  const answer = (command: object): object => {
    if (command instanceof DeleteObjectCommand) return { deleted: held.delete(command.input.Key!) };
    if (command instanceof ListObjectsV2Command) {
      const { keys, last, more } = page(command.input.ContinuationToken);
      return { Contents: keys.map((Key) => ({ Key })), NextContinuationToken: more ? last : undefined };
    }
    assert.ok(command instanceof ListObjectVersionsCommand);
    assert.equal(command.input.Prefix, "0");
    if (!versions) {
      const $metadata = { httpStatusCode: 501 };
      throw new S3ServiceException({ name: "NotImplemented", $fault: "server", $metadata });
    }
    const { keys, last, more } = page(command.input.KeyMarker);
    const entries = keys.map((Key) => ({ Key, VersionId: "v" }));
    return {
      Versions: entries.slice(0, -10),
      DeleteMarkers: entries.slice(-10),
      IsTruncated: more,
      NextKeyMarker: last,
      NextVersionIdMarker: "v",
    };
  };
  const client = { send: (command: object) => turn().then(() => answer(command)) } as unknown as S3Client;
  return { client, held };
}

describe("the versions in a bucket", () => {
  const where = { Bucket: "b", Prefix: "0" };

  it("are all removed, however many pages there are", async () => {
    const { client, held } = storeOf(2 * PAGE + 500);
    await removeVersions(client, where);
    assert.equal(held.size, 0);
  });

  it("are the objects where a store keeps none", async () => {
    const { client, held } = storeOf(PAGE + 1, { versions: false });
    await removeVersions(client, where);
    assert.equal(held.size, 0);
  });
});

describe("work on all of a list", () => {
  it("is done by so many at one time, who take no more than they work on", async () => {
    let [taken, running, most, done] = [0, 0, 0, 0];
    function* endless() {
      for (; taken < 100; taken++) {
        assert.ok(taken - done <= 4);
        yield taken;
      }
    }
    await inTurns(
      endless(),
      async () => {
        most = Math.max(most, ++running);
        await turn();
        running -= 1;
        done += 1;
      },
      4,
    );
    assert.deepEqual({ most, done }, { most: 4, done: 100 });
  });

  it("ends with the first error: nothing more is begun", async () => {
    let begun = 0;
    const failing = inTurns(
      Array.from({ length: 1000 }, (_, index) => index),
      async (one) => {
        begun += 1;
        await turn();
        if (one === 10) throw new Error("full");
      },
      4,
    );
    await assert.rejects(failing, /full/);
    await turn();
    assert.ok(begun < 20, `${begun} begun`);
  });
});
