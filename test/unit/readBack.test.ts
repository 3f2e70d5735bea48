import assert from "node:assert/strict";
import { readBack } from "../../cli/drill/store/readBack.ts";

const PATIENCE = { lost: 0, unread: 100 };
const missing = Object.assign(new Error("no such key"), { name: "NoSuchKey" });

describe("what is read back after a fault", () => {
  it("is lost where the store says that it is not there, or gives another content", async () => {
    const answers: Record<string, () => Promise<boolean>> = {
      whole: () => Promise.resolve(true),
      changed: () => Promise.resolve(false),
      gone: () => Promise.reject(missing),
    };
    assert.deepEqual(await readBack(Object.keys(answers), (key) => answers[key]!(), PATIENCE), ["changed", "gone"]);
  });

  it("is asked for again where there is no answer, and is not lost for that", async () => {
    let asked = 0;
    const late = (): Promise<boolean> =>
      (asked += 1) < 3 ? Promise.reject(new Error("no answer within 3 s")) : Promise.resolve(true);
    assert.deepEqual(await readBack(["one"], late, { lost: 0, unread: 60_000 }), []);
    assert.equal(asked, 3);
  });

  it("proves nothing where there is no answer to the end", async () => {
    const never = (): Promise<boolean> => Promise.reject(new Error("no answer within 3 s"));
    await assert.rejects(readBack(["one", "two"], never, PATIENCE), {
      name: "UserError",
      message: "2 of 2 acknowledged objects could not be read within 0.1 s: no answer within 3 s",
    });
  });
});
