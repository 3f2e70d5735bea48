import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:https";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Findings } from "./look.ts";
import type { MetricsJob } from "./metricsJob.ts";

/** Port of the metrics. */
const PORT = Number(process.env["OBJECTS_METRICS_PORT"] ?? 9180);

/** Folder of the server's certificate and key. */
const TLS = process.env["OBJECTS_METRICS_TLS"] ?? "/tls/server";

/** Folder of the CAs, each in a folder of its own. */
const CAS = process.env["CA_FOLDER"] ?? "/ca";

/** Milliseconds from one look to the next. */
const INTERVAL = 1000 * Number(process.env["OBJECTS_METRICS_SECONDS"] ?? 60);

const readCertificate = async () => ({
  cert: await readFile(join(TLS, "tls.crt")),
  key: await readFile(join(TLS, "tls.key")),
});

/** The CAs that this process was started with: it trusts others only when it starts again. */
async function readCas(): Promise<string> {
  const names = await readdir(CAS, { recursive: true });
  const files = names.filter((name) => name.endsWith("/ca.crt")).toSorted();
  return (await Promise.all(files.map((name) => readFile(join(CAS, name), "utf8")))).join("");
}

/**
 * Looks at the stores all the time, and answers Prometheus with what it found. It ends when it is told to, or when there are
 * other CAs.
 */
export async function serveMetrics(job: MetricsJob, say: (line: string) => void): Promise<void> {
  const findings = new Findings();
  const trusted = await readCas();
  const server = createServer(await readCertificate(), (request, response) => {
    if (request.url !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    findings.registry.metrics().then(
      (text) => response.writeHead(200, { "content-type": findings.registry.contentType }).end(text),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => stop.abort());
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(PORT, resolve));
  while (!stop.signal.aborted) {
    await findings.look(job, say);
    await sleep(INTERVAL, undefined, { signal: stop.signal }).catch(() => undefined);
    // A renewed certificate lies in the same files.
    server.setSecureContext(await readCertificate());
    if ((await readCas()) !== trusted) {
      say("the stores have other certificate authorities: starting again to trust them");
      break;
    }
  }
  server.closeAllConnections();
  server.close();
}
