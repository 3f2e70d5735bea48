import { Agent, request } from "node:https";
import { text } from "node:stream/consumers";
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import pg from "pg";
import pRetry from "p-retry";
import { cephOf, minioOf } from "../../stacks/objectsPlan.ts";
import type { AppPlan, SitePlan } from "../../stacks/plan.ts";
import type { Kubectl } from "../kubectl.ts";
import { loopbackS3 } from "../objects/loopbackS3.ts";
import type { Report } from "../step.ts";
import { UserError } from "../userError.ts";
import { secretValue, secretValues } from "../site/secrets.ts";
import type { EdgeAddress, SiteAccess } from "../site/access.ts";
import { portForward } from "./portForward.ts";

/** Port of the edge for HTTPS. */
const HTTPS = 443;

/**
 * Uses a site as its apps and their users do: writes a row through the pooler, puts an object and reads it back with each
 * app's own credentials, and gets each app's page through the edge. Leaves nothing behind.
 *
 * @throws UserError naming what did not work.
 */
export async function smokeTest(
  { kubectl, edge: edgeAddress }: SiteAccess,
  site: SitePlan,
  report: Report,
): Promise<void> {
  const edge = await edgeAddress(HTTPS);
  for (const app of site.apps) {
    const { database, bucket } = app.bindings;
    // On servers that somebody else runs their own Jobs have written already, from where the apps are.
    if (database && !database.external)
      await check(report, `${app.name}: row through the pooler`, () => writeRow(kubectl, site, app));
    if (bucket?.trust === "site")
      await check(report, `${app.name}: object put and read back`, () => putObject(kubectl, site, app));
    if (!edge) continue;
    const ca = await secretValue(kubectl, site.namespaces.edge.name, site.edge!.certificate, "ca.crt");
    for (const { host, path } of app.routes) {
      await check(report, `${app.name}: https://${host}${path}`, () => getPage(edge, host, path, ca));
    }
  }
}

/** A service that has just become ready may still refuse a first connection: three tries within some seconds. */
async function check(report: Report, what: string, work: () => Promise<void>): Promise<void> {
  report(what);
  try {
    await pRetry(work, { retries: 3, minTimeout: 1000, factor: 2 });
  } catch (error) {
    throw new UserError(`smoke test failed: ${what}: ${(error as Error).message}`);
  }
}

async function writeRow(kubectl: Kubectl, site: SitePlan, app: AppPlan): Promise<void> {
  const { namespaces, database } = site;
  const { service, host, port } = database!.pooler;
  const env = await bindingValues(kubectl, site, app);
  const forward = await portForward(kubectl, namespaces.data.name, service, port);
  const client = new pg.Client({
    host: "127.0.0.1",
    port: forward.port,
    database: env["PGDATABASE"],
    user: env["PGUSER"],
    password: env["PGPASSWORD"],
    ssl: { ca: env["CA"], servername: host },
    connectionTimeoutMillis: 10_000,
    query_timeout: 20_000,
  });
  try {
    await client.connect();
    // A table of its own in one transaction: a real write, confirmed like any other, that leaves nothing behind.
    await client.query("BEGIN");
    await client.query("CREATE TABLE archipel_smoke_test (written timestamptz)");
    await client.query("INSERT INTO archipel_smoke_test VALUES (now())");
    const { rows } = await client.query("SELECT count(*)::int AS count FROM archipel_smoke_test");
    await client.query("DROP TABLE archipel_smoke_test");
    await client.query("COMMIT");
    if ((rows[0] as { count: number }).count !== 1) throw new Error("the row that was written is not there");
  } finally {
    await client.end();
    await forward.close();
  }
}

async function putObject(kubectl: Kubectl, site: SitePlan, app: AppPlan): Promise<void> {
  const { namespaces, objects } = site;
  const { service, port, host } = minioOf(objects) ?? cephOf(objects)!;
  const namespace = cephOf(objects)?.namespace ?? namespaces.data.name;
  const env = await bindingValues(kubectl, site, app);
  const forward = await portForward(kubectl, namespace, service, port);
  const client = loopbackS3({
    port: forward.port,
    region: env["S3_REGION"],
    credentials: { accessKeyId: env["S3_ACCESS_KEY_ID"]!, secretAccessKey: env["S3_SECRET_ACCESS_KEY"]! },
    httpsAgent: new Agent({ ca: env["CA"], servername: host }),
  });
  const object = { Bucket: env["S3_BUCKET"], Key: `.archipel-smoke-test-${process.pid}` };
  const content = `written at ${new Date().toISOString()}`;
  try {
    await client.send(new PutObjectCommand({ ...object, Body: content }));
    const { Body } = await client.send(new GetObjectCommand(object));
    if ((await Body?.transformToString()) !== content) throw new Error("another content came back");
    await client.send(new DeleteObjectCommand(object));
  } finally {
    client.destroy();
    await forward.close();
  }
}

/** Any answer of the app will do; an error of the edge will not. */
async function getPage({ host: address, port }: EdgeAddress, host: string, path: string, ca: string): Promise<void> {
  const { status, body } = await new Promise<{ status: number; body: string }>((resolve, reject) => {
    const options = { host: address, port, path, ca, servername: host, headers: { host }, timeout: 10_000 };
    const sent = request(options, (response) => {
      text(response).then((content) => resolve({ status: response.statusCode ?? 0, body: content }), reject);
    });
    sent
      .on("error", reject)
      .on("timeout", () => sent.destroy(new Error("no answer within 10 s")))
      .end();
  });
  if (status >= 400) throw new Error(`status ${status}: ${body.slice(0, 200)}`);
}

/** The environment that the app gets from its bindings, and the CA that it trusts, under the name CA. */
async function bindingValues(kubectl: Kubectl, site: SitePlan, app: AppPlan): Promise<Record<string, string>> {
  const namespace = site.namespaces.apps.name;
  const values = await secretValues(kubectl, namespace, `${app.name}-bindings`);
  return { ...values, CA: await secretValue(kubectl, namespace, app.certificate, "ca.crt") };
}
