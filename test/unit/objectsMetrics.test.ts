import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { execa } from "execa";
import { eventually } from "../cluster/eventually.ts";
import { selfSigned } from "../cluster/selfSigned.ts";

const program = join(import.meta.dirname, "../../images/objects/src/main.ts");

/** A port of this machine that nobody has. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

describe("the metrics of a store that somebody else runs", () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "archipel-metrics-"));
    for (const each of ["tls", "ca/site", "keys/users/writer", "keys/copy"])
      mkdirSync(join(folder, each), { recursive: true });
    for (const each of ["users/writer", "copy"]) {
      writeFileSync(join(folder, "keys", each, "accessKeyId"), "id");
      writeFileSync(join(folder, "keys", each, "secretAccessKey"), "secret");
    }
  });

  after(() => rmSync(folder, { recursive: true }));

  it("are there while it does not answer, with a renewed certificate, and begin anew with other CAs", async () => {
    const place = { folder: join(folder, "tls"), key: "tls.key", certificate: "tls.crt" };
    const certificate = () => selfSigned({ ...place, name: "exporter", alternatives: "DNS:exporter" });
    await certificate();
    writeFileSync(join(folder, "ca/site/ca.crt"), "one");
    const nobody = { endpoint: `https://127.0.0.1:${await freePort()}`, region: "here" };
    const job = {
      site: { ...nobody, buckets: [{ name: "files", user: "writer" }] },
      copy: { ...nobody, buckets: ["copy-of-files"] },
    };
    writeFileSync(join(folder, "metrics.json"), JSON.stringify(job));
    const port = await freePort();
    const running = execa(process.execPath, ["--import", "tsx", program, "metrics"], {
      env: {
        OBJECTS_KEYS: join(folder, "keys"),
        OBJECTS_METRICS_CONFIG: join(folder, "metrics.json"),
        OBJECTS_METRICS_TLS: join(folder, "tls"),
        OBJECTS_METRICS_PORT: String(port),
        OBJECTS_METRICS_SECONDS: "0.5",
        CA_FOLDER: join(folder, "ca"),
      },
      reject: false,
    });
    try {
      /** What it answers, and the certificate that it shows. */
      const ask = () =>
        new Promise<{ text: string; serial: string }>((resolve, reject) => {
          const options = {
            port,
            host: "127.0.0.1",
            path: "/metrics",
            rejectUnauthorized: false,
            agent: false as const,
          };
          get(options, (response) => {
            const serial = (response.socket as TLSSocket).getPeerCertificate().serialNumber;
            let text = "";
            response.on("data", (part: Buffer) => (text += part.toString())).on("end", () => resolve({ text, serial }));
          }).on("error", reject);
        });
      const { serial } = await eventually(15, async () => {
        const answer = await ask();
        assert.ok(answer.text.includes('answers{store="site",bucket="files"} 0'), answer.text);
        assert.ok(answer.text.includes('answers{store="copy",bucket="copy-of-files"} 0'), answer.text);
        return answer;
      });
      await certificate();
      await eventually(15, async () => assert.notEqual((await ask()).serial, serial));
      writeFileSync(join(folder, "ca/site/ca.crt"), "another");
      const { exitCode, stdout } = await running;
      assert.equal(exitCode, 0);
      assert.match(stdout, /^site: bucket files: connect ECONNREFUSED[^]*starting again to trust them$/m);
      assert.equal(stdout.match(/bucket files:/g)!.length, 1, "what goes on is said once");
    } finally {
      running.kill();
    }
  }).timeout(60_000);
});
