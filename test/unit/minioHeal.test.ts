import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { projectRoot } from "../../cli/projectRoot.ts";

const heal = join(projectRoot, "images/minio/scripts/minio-heal");

/** What `mc` prints of an object whose state after a look is this. */
const object = (color: string): object => ({ type: "object", after: { color } });

const SUMMARY = { type: "summary", objects_scanned: 2, objects_healed: 1 };

describe("minio-heal", () => {
  let folder: string;

  before(async function () {
    if ((await execa("which", ["jq"], { reject: false })).exitCode === 0) return;
    console.log("    skipped: the script needs jq, which its image has and this machine lacks");
    this.skip();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "archipel-heal-"));
    mkdirSync(join(folder, "CAs"));
    writeFileSync(join(folder, "CAs", "ca.crt"), "");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Runs it where `mc` prints these lines, look by look, and waiting takes no time. */
  async function look(looks: object[][], env: Record<string, string> = {}): Promise<string[]> {
    looks.forEach((lines, index) =>
      writeFileSync(join(folder, String(index)), lines.map((line) => JSON.stringify(line)).join("\n")),
    );
    const count = `n=$(cat ${folder}/n 2>/dev/null || echo 0); echo $((n + 1)) >${folder}/n`;
    const script = { mode: 0o755 };
    writeFileSync(join(folder, "mc"), `#!/bin/bash\n${count}; cat "${folder}/$n"\n`, script);
    writeFileSync(join(folder, "sleep"), "#!/bin/bash\n", script);
    const place = { STORE_URL: "https://minio:9000", MINIO_CERTS_DIR: folder, MC_CONFIG_DIR: folder };
    const root = { MINIO_ROOT_USER: "root", MINIO_ROOT_PASSWORD: "unused" };
    const { stdout } = await execa("bash", [heal], {
      env: { PATH: `${folder}:${process.env["PATH"]}`, ...place, ...root, ...env },
    });
    return stdout.split("\n");
  }

  it("looks again while objects lack parts, which a server may not see yet", async () => {
    const said = await look([
      [object("yellow"), object("green"), SUMMARY],
      [object("green"), object("green"), SUMMARY],
    ]);
    const found = "minio-heal: 1 of 2 objects lacked parts";
    assert.deepEqual(said, [`${found}, 1 still do`, found]);
  });

  it("looks as often as it is told, and says what is left", async () => {
    const lacking = [object("yellow"), SUMMARY];
    assert.deepEqual(await look([lacking, lacking], { LOOKS: "1" }), [
      "minio-heal: 1 of 2 objects lacked parts, 1 still do",
    ]);
  });

  it("begins again where a look breaks off", async () => {
    assert.deepEqual(await look([[object("green")], [object("green"), SUMMARY]]), [
      "minio-heal: 1 of 2 objects lacked parts",
    ]);
  });
});
