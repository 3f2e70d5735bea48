import { Agent } from "node:https";
import type { S3Client } from "@aws-sdk/client-s3";
import { openTunnel, type Tunnel } from "../../cli/drill/tunnel.ts";
import { loopbackS3 } from "../../cli/objects/loopbackS3.ts";
import type { StoreKeys } from "../../cli/objects/users.ts";
import { nodeMachines } from "../../sandbox/sandbox.ts";

/** A store in the sandbox's network, as a client on this machine reaches it. */
export class ReachedStore {
  readonly #tunnel: Promise<Tunnel>;
  readonly #clients: S3Client[] = [];

  /**
   * @param ca PEM of the certificate, which names the store's address and not the tunnel's.
   * @param region region that requests are signed for.
   */
  constructor(
    endpoint: string,
    private readonly ca: string,
    private readonly region = "us-east-1",
  ) {
    const { hostname, port } = new URL(endpoint);
    this.#tunnel = openTunnel(nodeMachines("site1")[0]!, hostname, Number(port));
  }

  /** A client with a key. */
  async open(credentials: StoreKeys): Promise<S3Client> {
    const { port } = await this.#tunnel;
    const httpsAgent = new Agent({ ca: this.ca, checkServerIdentity: () => undefined });
    const client = loopbackS3({
      port,
      region: this.region,
      credentials,
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      httpsAgent,
    });
    this.#clients.push(client);
    return client;
  }

  /** Ends the clients and the way to the store. */
  async close(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await (await this.#tunnel).close();
  }
}
