import { randomUUID } from "node:crypto";
import multipart from "@fastify/multipart";
import Fastify, { type FastifyInstance } from "fastify";
import { Database, longestNote } from "./database.ts";
import { Files, largestFile } from "./files.ts";
import { addMetrics, notesStored } from "./metrics.ts";
import { page } from "./page.ts";
import type { Settings } from "./settings.ts";

/** The app with all its routes; closing it closes its connections too. */
export async function createApp(settings: Settings): Promise<FastifyInstance> {
  const app = Fastify({
    logger: { base: {} },
    bodyLimit: largestFile,
    // A request that arrives on an open connection while the app stops is still answered.
    return503OnClosing: false,
  });
  const database = new Database(settings.database, (error) =>
    app.log.warn({ reason: error.message }, "idle connection lost"),
  );
  const files = new Files(settings.bucket);
  app.addHook("onClose", async () => {
    files.close();
    await database.close();
  });
  await app.register(multipart, { limits: { fileSize: largestFile, files: 1 }, throwFileSizeLimit: true });
  addErrors(app);
  addMetrics(app);
  addHealth(app, database, files);
  addNotes(app, settings.title, database, files);
  addFiles(app, files);
  return app;
}

function addHealth(app: FastifyInstance, database: Database, files: Files): void {
  app.get("/livez", { logLevel: "warn" }, (_request, reply) => reply.send("ok\n"));

  app.get("/readyz", { logLevel: "warn" }, async (request, reply) => {
    const [rows, bucket] = await Promise.allSettled([database.check(), files.check()]);
    const state = (result: PromiseSettledResult<void>) => (result.status === "fulfilled" ? "ok" : "unreachable");
    for (const result of [rows, bucket]) {
      if (result.status === "rejected") request.log.warn({ reason: String(result.reason) }, "not ready");
    }
    const ready = rows.status === "fulfilled" && bucket.status === "fulfilled";
    return reply.code(ready ? 200 : 503).send({ database: state(rows), bucket: state(bucket) });
  });
}

function addNotes(app: FastifyInstance, title: string, database: Database, files: Files): void {
  app.get("/", async (_request, reply) => {
    return reply
      .type("text/html; charset=utf-8")
      .header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
      .send(page(title, await database.list()));
  });

  app.get("/notes", async () => database.list());

  app.post("/notes", async (request, reply) => {
    const form = request.isMultipart();
    let text: unknown;
    let file: { name: string; content: Buffer; type: string } | undefined;
    if (form) {
      for await (const part of request.parts()) {
        if (part.type === "field" && part.fieldname === "text") text = part.value;
        // A form without a chosen file sends an empty one.
        if (part.type === "file") {
          const content = await part.toBuffer();
          if (part.filename) file = { name: attachmentName(part.filename), content, type: part.mimetype };
        }
      }
    } else {
      text = (request.body as { text?: unknown } | null)?.text;
    }
    if (typeof text !== "string" || text.trim() === "" || text.length > longestNote || text.includes("\0")) {
      return reply.code(400).send({ error: `text: 1 to ${longestNote} characters are needed` });
    }
    // The file goes first: a note never points to a file that is not there.
    if (file) await files.put(file.name, file.content, file.type);
    const note = await database.add(text, file?.name ?? null);
    notesStored.inc();
    return form ? reply.redirect("/", 303) : reply.code(201).send(note);
  });
}

function addFiles(app: FastifyInstance, files: Files): void {
  const name = { type: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$" };
  const route = { schema: { params: { type: "object", properties: { name } } } };

  app.register((scope, _options, done) => {
    // Files are bytes here, whatever their type says.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));

    scope.put<{ Params: { name: string }; Body?: Buffer }>("/files/:name", route, async (request, reply) => {
      const type = request.headers["content-type"] ?? "application/octet-stream";
      await files.put(request.params.name, request.body ?? Buffer.alloc(0), type);
      return reply.code(204).send();
    });

    scope.get<{ Params: { name: string } }>("/files/:name", route, async (request, reply) => {
      const file = await files.get(request.params.name);
      if (!file) return reply.code(404).send({ error: "no file of that name" });
      if (file.length !== undefined) reply.header("content-length", file.length);
      // What somebody stored must not run as a page of this site.
      return reply
        .type(file.type)
        .header("content-disposition", `attachment; filename="${request.params.name}"`)
        .header("x-content-type-options", "nosniff")
        .send(file.content);
    });
    done();
  });
}

/** Answers for errors: a caller's mistake is explained, a failure of ours is logged and not described. */
function addErrors(app: FastifyInstance): void {
  app.setErrorHandler<Error & { statusCode?: number }>(async (error, request, reply) => {
    if (error.statusCode !== undefined && error.statusCode < 500) {
      return reply.code(error.statusCode).send({ error: error.message });
    }
    request.log.error({ reason: error.message }, "request failed");
    return reply.code(503).header("retry-after", 2).send({ error: "this does not work at the moment, try again" });
  });
}

/** A name of its own for each attachment, with what is harmless of the name that it came with at its end. */
function attachmentName(original: string): string {
  return `${randomUUID()}-${original.replace(/[^A-Za-z0-9._-]+/g, "_").slice(-100)}`;
}
