import type { FastifyInstance } from "fastify";
import { collectDefaultMetrics, Counter, Histogram, register } from "prom-client";

/** Notes stored since the process started. */
export const notesStored = new Counter({ name: "notes_stored_total", help: "Notes stored since the process started" });

const requests = new Histogram({
  name: "http_request_duration_seconds",
  help: "Time from a request to the end of its answer",
  labelNames: ["method", "route", "status"],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
});

/** Counts and times every request of the app and serves the figures under /metrics. */
export function addMetrics(app: FastifyInstance): void {
  collectDefaultMetrics();
  app.addHook("onResponse", async (request, reply) => {
    // The route's pattern, not the path: each file's own name would make a series of its own.
    const route = request.routeOptions.url ?? "none";
    requests.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
  });
  app.get("/metrics", { logLevel: "warn" }, async (_request, reply) => {
    return reply.type(register.contentType).send(await register.metrics());
  });
}
