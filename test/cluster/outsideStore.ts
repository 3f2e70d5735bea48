import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa, type ResultPromise } from "execa";
import { builtLock } from "../../images/built.ts";
import { readLock } from "../../images/lock.ts";
import { namespacePath } from "../../sandbox/network.ts";
import { registryUrl } from "../../sandbox/registry.ts";
import { tool } from "../../sandbox/toolchain/build.ts";
import { selfSigned } from "./selfSigned.ts";

/** Address of the store: the machine of the sandbox that belongs to no site. */
const ADDRESS = "10.10.0.10";
const PORT = 9443;

/** MinIO in its image. */
const PROGRAM = "usr/local/bin/minio";

/** Keys and bucket of the store. */
export const STORE = {
  endpoint: `https://${ADDRESS}:${PORT}`,
  bucket: "offsite",
  accessKeyId: "offsite-user",
  secretAccessKey: "offsite-secret-of-the-tests",
};

/** An S3 service at another place: MinIO outside of every cluster, with its data in a folder of its own. */
export class OutsideStore {
  readonly #folder = mkdtempSync(join(tmpdir(), "archipel-offsite-"));
  #server?: ResultPromise;

  /** CA of its certificate, PEM. */
  get ca(): string {
    return readFileSync(join(this.#folder, "certs/public.crt"), "utf8");
  }

  /** Makes its certificate and bucket, and takes its program from the platform's image in the sandbox's registry. */
  async prepare(): Promise<void> {
    const certs = join(this.#folder, "certs");
    mkdirSync(certs, { recursive: true });
    await selfSigned({
      folder: certs,
      key: "private.key",
      certificate: "public.crt",
      name: ADDRESS,
      alternatives: `IP:${ADDRESS},DNS:${ADDRESS}`,
    });
    mkdirSync(join(this.#folder, "data", STORE.bucket), { recursive: true });
    const { images } = await readLock(builtLock());
    const image = `${registryUrl()}/archipel/minio@${images["minio"]!.digest}`;
    const files = join(this.#folder, "image.tar");
    await execa(tool("crane"), ["--insecure", "export", image, files]);
    await execa("tar", ["--extract", "--file", files, "--directory", this.#folder, "--strip-components=3", PROGRAM]);
  }

  /** Starts it, or again, in the sandbox's network. */
  async start(): Promise<void> {
    await this.stop();
    const options = ["--address", `${ADDRESS}:${PORT}`, "--certs-dir", join(this.#folder, "certs"), "--quiet"];
    const place = `--net=${namespacePath("hub")}`;
    this.#server = execa(
      "nsenter",
      [place, join(this.#folder, "minio"), "server", ...options, join(this.#folder, "data")],
      {
        env: { MINIO_ROOT_USER: STORE.accessKeyId, MINIO_ROOT_PASSWORD: STORE.secretAccessKey, MINIO_BROWSER: "off" },
        stdin: "ignore",
        stdout: "ignore",
        reject: false,
      },
    );
    const asks = ["--silent", "--fail", "--insecure", "--output", "/dev/null", `${STORE.endpoint}/minio/health/live`];
    for (const end = Date.now() + 30_000; ; await sleep(300)) {
      const { failed } = await execa("nsenter", [place, "curl", ...asks], { reject: false });
      if (!failed) return;
      if (Date.now() > end) throw new Error(`the store does not answer: ${String((await this.stop())?.stderr)}`);
    }
  }

  /** Lets it answer nothing, as behind a network that swallows everything, until `resume`. */
  pause(): void {
    this.#server?.kill("SIGSTOP");
  }

  /** Ends a `pause`. */
  resume(): void {
    this.#server?.kill("SIGCONT");
  }

  /** Stops it; its data stays. */
  async stop() {
    this.#server?.kill("SIGTERM");
    this.resume();
    return this.#server;
  }

  /** Stops it and takes its data away. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true });
  }
}
