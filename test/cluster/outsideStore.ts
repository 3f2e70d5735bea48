import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa, type ResultPromise } from "execa";
import type { StoreKeys } from "../../cli/objects/users.ts";
import { builtLock } from "../../images/built.ts";
import { readLock } from "../../images/lock.ts";
import { namespacePath } from "../../sandbox/network.ts";
import { registryUrl } from "../../sandbox/registry.ts";
import { tool } from "../../sandbox/toolchain/build.ts";
import { selfSigned } from "./selfSigned.ts";

/** Address of the store: the machine of the sandbox that belongs to no site. */
const ADDRESS = "10.10.0.10";
const PORT = 9443;

/** MinIO and its client in their image. */
const PROGRAMS = ["usr/local/bin/minio", "usr/local/bin/mc"];

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
    await execa("tar", [
      "--extract",
      "--file",
      files,
      "--directory",
      this.#folder,
      "--strip-components=3",
      ...PROGRAMS,
    ]);
    rmSync(files);
  }

  /** Makes a user with this key, who may do anything in these buckets, or read them. */
  async user(
    { accessKeyId, secretAccessKey }: StoreKeys,
    buckets: Record<string, "everything" | "reads">,
  ): Promise<void> {
    const policy = join(this.#folder, `${accessKeyId}.json`);
    const Statement = Object.entries(buckets).map(([bucket, may]) => ({
      Effect: "Allow",
      Action: may === "everything" ? ["s3:*"] : ["s3:Get*", "s3:List*"],
      Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
    }));
    writeFileSync(policy, JSON.stringify({ Version: "2012-10-17", Statement }));
    await this.#run("admin", "user", "add", "store", accessKeyId, secretAccessKey);
    await this.#run("admin", "policy", "create", "store", accessKeyId, policy);
    // It is there already where another policy of the same name was.
    await this.#run("admin", "policy", "attach", "store", accessKeyId, "--user", accessKeyId).catch((error: Error) => {
      if (!error.message.includes("already in effect")) throw error;
    });
  }

  /** Runs MinIO's client as the root user, to whom `store` is this store. */
  async #run(...args: string[]): Promise<void> {
    const client = [join(this.#folder, "mc"), "--config-dir", join(this.#folder, "client"), "--insecure", "--quiet"];
    await execa("nsenter", [`--net=${namespacePath("hub")}`, ...client, ...args], {
      env: { MC_HOST_store: STORE.endpoint.replace("://", `://${STORE.accessKeyId}:${STORE.secretAccessKey}@`) },
      stdin: "ignore",
    });
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
