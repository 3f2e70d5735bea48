import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { sandboxTarget } from "../../../cli/drill/choose.ts";
import { queryMember, untilComplete } from "../../../cli/database/target.ts";
import type { Kit } from "../../../cli/escrow/kit.ts";
import { projectRoot } from "../../../cli/render/evaluate.ts";
import { archiveEverything } from "../../../cli/restore/archive.ts";
import { ONE_NODE } from "../../../sandbox/oneNode.ts";
import { down } from "../../../sandbox/sandbox.ts";
import { OutsideStore, STORE } from "../outsideStore.ts";
import { archipel, furnishedSandbox, prepare } from "../support.ts";

/** A stack that the test makes and takes away, in a sandbox of its own. */
const STACK = "rebuildtest";
const FILE = join(projectRoot, `Pulumi.${STACK}.yaml`);

/** A database alone, whose only backups are at another place. */
const config = {
  "archipel:sites": [ONE_NODE],
  "archipel:database": {
    // Others begin with 17.
    version: 18,
    storage: "2Gi",
    databases: [{ name: "notes" }],
    backup: {
      site: "none",
      offsite: {
        endpoint: STORE.endpoint,
        bucket: STORE.bucket,
        caFrom: "offsiteCa",
        accessKeyIdFrom: "offsiteId",
        secretAccessKeyFrom: "offsiteKey",
      },
    },
  },
};

describe("a rebuild", function () {
  this.timeout(1_800_000);
  const folder = mkdtempSync(join(tmpdir(), "archipel-kit-"));
  const store = new OutsideStore();
  const key = join(folder, "key.txt");
  const kitFile = join(folder, "kit.age");
  let kit: Kit;

  const run = (...args: string[]) => archipel(args);
  const writeStack = (values: object): void => writeFileSync(FILE, stringify({ config: values }), { mode: 0o600 });

  prepare(async () => {
    await furnishedSandbox();
    await store.prepare();
    await store.start();
    const keys = { offsiteId: STORE.accessKeyId, offsiteKey: STORE.secretAccessKey, offsiteCa: store.ca };
    const secrets = Object.entries(keys).map(([name, value]) => [`archipel:${name}`, value]);
    writeStack({ ...config, ...(Object.fromEntries(secrets) as object) });
  });

  after(async () => {
    await store.remove();
    await down();
    rmSync(FILE, { force: true });
    rmSync(folder, { recursive: true });
  });

  it("starts from a stack whose backups are at another place, and a kit that is sealed", async () => {
    await run("up", STACK, "--yes");
    const target = sandboxTarget(STACK);
    await queryMember(target, await untilComplete(target), "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n");
    await archiveEverything(target, target.database.backup!.repositories[0]!);
    const { stdout: recipient } = await run("escrow", "key", key);
    await run("escrow", "seal", STACK, "--recipient", recipient, "--out", kitFile);
  });

  it("has nothing left but the kit, its key and the other place", async () => {
    await store.stop();
    await run("down", STACK, "--yes");
    rmSync(FILE);
    const { stdout } = await run("escrow", "open", kitFile, "--identity", key);
    kit = JSON.parse(stdout) as Kit;
    assert.equal(kit.stack, STACK);
    assert.deepEqual(Object.keys(kit.secrets).toSorted(), ["offsiteCa", "offsiteId", "offsiteKey"]);
  });

  it("begins from the newest backup, has every row, and goes on backing up", async () => {
    const database = structuredClone(kit.config["archipel:database"]) as (typeof config)["archipel:database"];
    const secrets = Object.entries({ ...kit.secrets, offsitePassphrase: kit.passphrases["site1"]!["offsite"]! });
    writeStack({
      ...kit.config,
      "archipel:database": {
        ...database,
        bootstrap: { repository: "offsite" },
        backup: { ...database.backup, offsite: { ...database.backup.offsite, passphraseFrom: "offsitePassphrase" } },
      },
      ...(Object.fromEntries(secrets.map(([name, value]) => [`archipel:${name}`, value])) as object),
    });
    await furnishedSandbox();
    await store.start();
    await run("up", STACK, "--yes");
    const target = sandboxTarget(STACK);
    const primary = await untilComplete(target);
    assert.equal(await queryMember(target, primary, "SELECT count(*) FROM kept"), "1000");
    await queryMember(target, primary, "INSERT INTO kept VALUES (1001)");
    await archiveEverything(target, target.database.backup!.repositories[0]!);
  });
});
