import assert from "node:assert/strict";
import { join } from "node:path";
import { execa } from "execa";
import { projectRoot } from "../../cli/projectRoot.ts";

/** What commands load that evaluate no program. */
const LOADED = [
  ...["status/status", "drill/choose", "drill/run", "drill/store/storeGround", "restore/inPlace", "restore/beside"],
  ...["objects/copyJobs", "objects/reachStore", "render/plan", "site/access"],
];

// Loading Pulumi's SDK takes a second of a processor, and most commands are typed by somebody who waits.
describe("commands that evaluate no program", () => {
  it("do not load Pulumi", async function () {
    this.timeout(60_000);
    const files = LOADED.map((name) => join(projectRoot, "cli", `${name}.ts`));
    const script = `
      import { createRequire } from "node:module";
      for (const file of ${JSON.stringify(files)}) await import(file);
      const { cache } = createRequire(import.meta.url);
      console.log(JSON.stringify(Object.keys(cache)));`;
    const { stdout } = await execa(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", script], {
      cwd: projectRoot,
    });
    const loaded = JSON.parse(stdout) as string[];
    assert.notDeepEqual(loaded, [], "something was loaded");
    assert.deepEqual(
      loaded.filter((file) => file.includes("node_modules/@pulumi")),
      [],
    );
  });
});
