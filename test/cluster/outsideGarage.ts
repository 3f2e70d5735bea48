import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa, type ResultPromise } from "execa";
import { namespacePath } from "../../sandbox/network.ts";
import { selfSigned } from "./selfSigned.ts";

/** Address of the store: the machine of the sandbox that belongs to no site. */
const ADDRESS = "10.10.0.10";
const PORT = 9445;

/** Where Garage itself answers, which knows no TLS. */
const PLAIN_PORT = 3900;

/** Where Garage answers, and the region that requests must be signed for. */
export const GARAGE = { endpoint: `https://${ADDRESS}:${PORT}`, region: "garage" };

/** A key of Garage. */
export interface GarageKey {
  /** Its id. */
  accessKeyId: string;
  /** The secret of that key. */
  secretAccessKey: string;
}

/** Stands before Garage with TLS, as its manual has it. */
const FRONT = `
  const { readFileSync } = require("node:fs");
  const { connect } = require("node:net");
  const { createServer } = require("node:tls");
  const [folder, host, port, plain] = process.argv.slice(1);
  const [key, cert] = ["private.key", "public.crt"].map((name) => readFileSync(folder + "/" + name));
  createServer({ key, cert }, (client) => {
    const server = connect(Number(plain), "127.0.0.1");
    client.pipe(server).pipe(client);
    client.on("error", () => server.destroy());
    server.on("error", () => client.destroy());
  }).listen(Number(port), host);
`;

/** An S3 service at another place: one Garage server with its data in a folder of its own, and TLS before it. */
export class OutsideGarage {
  readonly #folder = mkdtempSync(join(tmpdir(), "archipel-garage-"));
  #server?: ResultPromise;
  #front?: ResultPromise;

  /** CA of its certificate, PEM. */
  get ca(): string {
    return readFileSync(join(this.#folder, "public.crt"), "utf8");
  }

  /** Why there can be none on this machine; undefined where there can. */
  async whyNot(): Promise<string | undefined> {
    const { failed, stdout } = await execa("garage", ["--version"], { reject: false });
    if (failed) return "garage is not on the PATH: `cargo install garage --version 2.5.0 --locked` makes it";
    return /\b2\./.test(stdout) ? undefined : `${stdout} is not Garage 2`;
  }

  /** Makes its certificate and configuration; what it held is gone. */
  async prepare(): Promise<void> {
    await this.stop();
    for (const part of ["meta", "data"]) rmSync(join(this.#folder, part), { recursive: true, force: true });
    await selfSigned({
      folder: this.#folder,
      key: "private.key",
      certificate: "public.crt",
      name: ADDRESS,
      alternatives: `IP:${ADDRESS},DNS:${ADDRESS}`,
    });
    writeFileSync(this.#config, this.#settings(), { mode: 0o600 });
  }

  /**
   * Starts it, or again, in the sandbox's network; the first time as a cluster of one node.
   *
   * @throws Error when S3 does not answer within half a minute, with what Garage wrote last.
   */
  async start(): Promise<void> {
    await this.stop();
    this.#server = this.#inside(["garage", "-c", this.#config, "server"], true);
    this.#front = this.#inside([process.execPath, "--eval", FRONT, this.#folder, ADDRESS, `${PORT}`, `${PLAIN_PORT}`]);
    const asks = ["--silent", "--insecure", "--output", "/dev/null", "--max-time", "5", GARAGE.endpoint];
    const answers = async (): Promise<boolean> => {
      const { exitCode: status } = await this.#inside(["garage", "-c", this.#config, "status"]);
      return status === 0 && (await this.#inside(["curl", ...asks])).exitCode === 0;
    };
    for (const end = Date.now() + 30_000; !(await answers()); await sleep(200)) {
      if (Date.now() > end) throw new Error(`Garage does not answer: ${(await this.stop()).slice(-2000)}`);
    }
    const { layoutVersion } = await this.ask<{ layoutVersion: number }>("GetClusterStatus");
    if (layoutVersion > 0) return;
    const [node] = (await this.run("node", "id", "--quiet")).split("@");
    await this.run("layout", "assign", "--zone", "here", "--capacity", "1G", node!);
    await this.run("layout", "apply", "--version", "1");
  }

  /** Runs `garage` with these arguments; returns what it prints. */
  async run(...args: string[]): Promise<string> {
    const { failed, stdout, stderr } = await this.#inside(["garage", "-c", this.#config, ...args]);
    if (failed) throw new Error(`garage ${args.slice(0, 2).join(" ")} failed: ${String(stderr)}`);
    return String(stdout);
  }

  /** Asks Garage's own API, by its command. */
  async ask<Answer>(endpoint: string, request?: object): Promise<Answer> {
    const payload = request ? [JSON.stringify(request)] : [];
    return JSON.parse(await this.run("json-api", endpoint, ...payload)) as Answer;
  }

  /** Makes a key. */
  async key(name: string, { createBucket = false } = {}): Promise<GarageKey> {
    const { accessKeyId, secretAccessKey } = await this.ask<GarageKey>("CreateKey", { name, allow: { createBucket } });
    return { accessKeyId, secretAccessKey };
  }

  /** Stops it; its data stays. @returns what it wrote. */
  async stop(): Promise<string> {
    this.#front?.kill("SIGKILL");
    this.#server?.kill("SIGTERM");
    await this.#front;
    return String((await this.#server)?.all);
  }

  /** Stops it and takes its data away. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, maxRetries: 10 });
  }

  get #config(): string {
    return join(this.#folder, "garage.toml");
  }

  /** Runs a command in its network; it ends with this process. */
  #inside(command: string[], all = false) {
    const place = ["--pdeathsig", "KILL", "nsenter", `--net=${namespacePath("hub")}`];
    return execa("setpriv", [...place, ...command], { stdin: "ignore", reject: false, all, forceKillAfterDelay: 5000 });
  }

  #settings(): string {
    return `
metadata_dir = "${join(this.#folder, "meta")}"
data_dir = "${join(this.#folder, "data")}"
replication_factor = 1
rpc_bind_addr = "127.0.0.1:3901"
rpc_public_addr = "127.0.0.1:3901"
rpc_secret = "${randomBytes(32).toString("hex")}"

[s3_api]
s3_region = "${GARAGE.region}"
api_bind_addr = "127.0.0.1:${PLAIN_PORT}"
`;
  }
}
