import { Agent } from "node:https";
import { S3Client } from "@aws-sdk/client-s3";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { openTunnel, type Tunnel } from "../../cli/drill/tunnel.ts";
import { nodeMachines } from "../../sandbox/sandbox.ts";

// The client warns of the end of its support for this version of Node in the middle of the report.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";

/** What opens a store. */
export interface Key {
  accessKeyId: string;
  secretAccessKey: string;
}

/** A store in the sandbox's network, as a client on this machine reaches it. */
export class ReachedStore {
  readonly #tunnel: Promise<Tunnel>;
  readonly #clients: S3Client[] = [];

  /** @param ca PEM of the certificate, which names the store's address and not the tunnel's. */
  constructor(
    endpoint: string,
    private readonly ca: string,
  ) {
    const { hostname, port } = new URL(endpoint);
    this.#tunnel = openTunnel(nodeMachines("site1")[0]!, hostname, Number(port));
  }

  /** A client with a key. */
  async open(credentials: Key): Promise<S3Client> {
    const { port } = await this.#tunnel;
    const httpsAgent = new Agent({ ca: this.ca, checkServerIdentity: () => undefined });
    const client = new S3Client({
      endpoint: `https://127.0.0.1:${port}`,
      region: "us-east-1",
      forcePathStyle: true,
      credentials,
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      requestHandler: new NodeHttpHandler({ httpsAgent }),
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
