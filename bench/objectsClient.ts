import { readFileSync } from "node:fs";
import { Agent } from "node:https";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { NodeHttpHandler } from "@smithy/node-http-handler";

/** What one run of the client is told, as JSON in its first argument; the keys come by its environment. */
export interface ClientRun {
  /** Where it writes and reads. */
  endpoint: string;
  /** Bucket of its objects. */
  bucket: string;
  /** Size of each object in bytes. */
  bytes: number;
  /** Requests at the same time. */
  clients: number;
  /** Seconds of writing, and then of reading. */
  seconds: number;
}

/** What it saw, as one line of JSON: MiB per second. */
export interface ClientResult {
  write: number;
  read: number;
}

/** Writes objects for some seconds, then reads them; runs in the cluster, where apps do. */
async function run({ endpoint, bucket, bytes, clients, seconds }: ClientRun): Promise<ClientResult> {
  const ca = readFileSync("/ca/ca.crt", "utf8");
  const s3 = new S3Client({
    endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    maxAttempts: 1,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: new NodeHttpHandler({ httpsAgent: new Agent({ ca, keepAlive: true, maxSockets: clients }) }),
  });
  const body = Buffer.alloc(bytes, "observatory ");
  const most: number[] = [];

  /** MiB per second that all clients together get through. */
  const measure = async (one: (client: number, turn: number) => Promise<unknown>): Promise<number> => {
    const started = performance.now();
    const turns = await Promise.all(
      Array.from({ length: clients }, async (_, client) => {
        let turn = 0;
        for (; performance.now() - started < seconds * 1000; turn++) await one(client, turn);
        most[client] ??= turn;
        return turn;
      }),
    );
    const total = turns.reduce((sum, count) => sum + count, 0);
    return (total * bytes) / 2 ** 20 / ((performance.now() - started) / 1000);
  };
  // As many names as a client gets through in some seconds: no run fills the store.
  const name = (client: number, turn: number, names: number): string => `bench/${bytes}/${client}/${turn % names}`;

  const write = await measure((client, turn) =>
    s3.send(new PutObjectCommand({ Bucket: bucket, Key: name(client, turn, 8), Body: body })),
  );
  const read = await measure(async (client, turn) => {
    const Key = name(client, turn, Math.min(8, most[client]!));
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
    const { length } = await Body!.transformToByteArray();
    if (length !== bytes) throw new Error(`${Key} has ${length} bytes, not ${bytes}`);
  });
  return { write, read };
}

void run(JSON.parse(process.argv[2]!) as ClientRun).then((result) => console.log(JSON.stringify(result)));
