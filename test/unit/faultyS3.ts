import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";

/** What a client asks of S3, as far as one bucket needs it. */
export type Action = "put" | "get" | "list" | "delete" | "begin" | "part" | "complete";

/** How a server is at fault: what it denies, or what it makes of an object that is read. */
export interface Faults {
  /** What is denied. */
  denied?: Action[];
  /** Made of what is read. */
  spoil?: (content: Buffer) => Buffer;
  /** Whether what is deleted stays. */
  keeps?: boolean;
  /** Parts of S3 that it does not know, by the word in a request's address: `versioning`, `lifecycle`, `object-lock`. */
  lacks?: string[];
  /** What every request gets in place of an answer of S3. */
  says?: { status: number; body: string };
}

function actionOf({ method, url = "" }: IncomingMessage): Action {
  const { searchParams } = new URL(url, "http://localhost");
  if (method === "POST") return searchParams.has("uploads") ? "begin" : "complete";
  if (method === "PUT") return searchParams.has("partNumber") ? "part" : "put";
  if (method === "DELETE") return "delete";
  return searchParams.has("list-type") ? "list" : "get";
}

/** Whether a request is about a part of S3; a lock may be asked for where a bucket is made. */
const isAbout = ({ url = "", headers }: IncomingMessage, word: string): boolean =>
  new URL(url, "http://localhost").searchParams.has(word) || `x-amz-bucket-${word}-enabled` in headers;

/** An S3 server of one bucket whose faults can be chosen: no real one gives back another content than it got. */
export class FaultyS3 {
  readonly #objects = new Map<string, Buffer>();
  readonly #parts: Buffer[] = [];
  readonly #server: Server;

  /** @param tls certificate and key of a server that speaks TLS. */
  constructor(
    private readonly faults: Faults,
    private readonly tls?: { cert: Buffer; key: Buffer },
  ) {
    const serve = (request: IncomingMessage, response: ServerResponse): void => {
      void this.#answer(request).then(([status, body]) =>
        response.writeHead(status, { "content-type": "application/xml", etag: '"e"' }).end(status === 204 ? "" : body),
      );
    };
    this.#server = tls ? createTlsServer(tls, serve) : createServer(serve);
  }

  /** Keys of the objects that are there. */
  get keys(): string[] {
    return [...this.#objects.keys()];
  }

  /** Starts it. @returns where it answers. */
  async start(): Promise<string> {
    await once(this.#server.listen(0, "127.0.0.1"), "listening");
    return `${this.tls ? "https" : "http"}://127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  /** Ends it. */
  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage): Promise<[number, string | Buffer]> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { pathname } = new URL(request.url!, "http://localhost");
    const action = actionOf(request);
    if (this.faults.says) return [this.faults.says.status, this.faults.says.body];
    if (this.faults.lacks?.some((word) => isAbout(request, word)))
      return [501, "<Error><Code>NotImplemented</Code></Error>"];
    if (this.faults.denied?.includes(action)) return [403, "<Error><Code>AccessDenied</Code></Error>"];
    return this.#do(action, pathname.split("/").slice(2).join("/"), Buffer.concat(parts), request.headers.range);
  }

  #do(action: Action, key: string, body: Buffer, range?: string): [number, string | Buffer] {
    // The bucket itself is always there.
    if (key === "" && (action === "put" || action === "delete")) return [200, ""];
    const found = this.#objects.get(key);
    switch (action) {
      case "put":
        this.#objects.set(key, body);
        return [200, ""];
      case "part":
        this.#parts.push(body);
        return [200, ""];
      case "begin":
        return [200, "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"];
      case "complete":
        this.#objects.set(key, Buffer.concat(this.#parts));
        return [200, "<CompleteMultipartUploadResult></CompleteMultipartUploadResult>"];
      case "list": {
        const names = [...this.#objects.keys()].map((one) => `<Contents><Key>${one}</Key></Contents>`);
        return [200, `<ListBucketResult>${names.join("")}</ListBucketResult>`];
      }
      case "delete":
        if (!this.faults.keeps) this.#objects.delete(key);
        return [204, ""];
      case "get": {
        if (!found) return [404, "<Error><Code>NoSuchKey</Code></Error>"];
        const [, first, last] = /bytes=(\d+)-(\d+)/.exec(range ?? "") ?? [];
        const content = first === undefined ? found : found.subarray(Number(first), Number(last) + 1);
        return [first === undefined ? 200 : 206, this.faults.spoil?.(content) ?? content];
      }
    }
  }
}
