import https from "node:https";
import { setTimeout as sleep } from "node:timers/promises";

/** What the readers saw. */
export interface ReadReport {
  /** Answers with status 200. */
  ok: number;
  /** Everything else, by status or error code, with how often. */
  failures: Record<string, number>;
  /** Longest time of one answer in milliseconds. */
  slowest: number;
}

/** Arguments of startReaders. */
export interface ReadersArgs {
  /** Where to connect. */
  address: { host: string; port: number };
  /** Host name of the request and of TLS. */
  host: string;
  /** Path to get. */
  path: string;
  /** Connections, each with one request at a time. Default 6. */
  connections?: number;
  /** Milliseconds between two requests of one connection. Default 30. */
  pauseMilliseconds?: number;
}

/** Clients that read over kept connections until they are stopped; nothing is tried twice. */
export interface Readers {
  /** Ends the readers. */
  stop(): Promise<ReadReport>;
}

/** Starts clients that get one path all the time. */
export function startReaders(args: ReadersArgs): Readers {
  const { address, host, path, connections = 6, pauseMilliseconds = 30 } = args;
  const report: ReadReport = { ok: 0, failures: {}, slowest: 0 };
  const failed = (what: string): void => {
    report.failures[what] = (report.failures[what] ?? 0) + 1;
  };
  let stopped = false;

  const get = (agent: https.Agent) =>
    new Promise<void>((resolve) => {
      const started = performance.now();
      // Certificates are other tests' matter: this one goes on while they change.
      const options = { ...address, path, agent, servername: host, headers: { host }, rejectUnauthorized: false };
      const request = https.get({ ...options, timeout: 30_000 }, (response) => {
        response.resume();
        response.on("end", () => {
          if (response.statusCode === 200) report.ok += 1;
          else failed(String(response.statusCode));
          report.slowest = Math.max(report.slowest, Math.round(performance.now() - started));
          resolve();
        });
        response.on("error", (error) => request.destroy(error));
      });
      request.on("timeout", () => request.destroy(new Error("no answer in 30 seconds")));
      request.on("error", (error: NodeJS.ErrnoException) => {
        failed(error.code ?? error.message);
        resolve();
      });
    });

  const reader = async (): Promise<void> => {
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
    while (!stopped) {
      await get(agent);
      await sleep(pauseMilliseconds);
    }
    agent.destroy();
  };
  const all = Promise.all(Array.from({ length: connections }, reader));
  return {
    stop: async () => {
      stopped = true;
      await all;
      return report;
    },
  };
}
