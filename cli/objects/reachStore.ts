import { Agent } from "node:https";
import { S3Client } from "@aws-sdk/client-s3";
import type { ObjectsPlan } from "../../stacks/objectsPlan.ts";
import type { SitePlan } from "../../stacks/plan.ts";
import type { Kubectl } from "../kubectl.ts";
import { secretValue } from "../site/secrets.ts";
import { portForward } from "../up/portForward.ts";
import { UserError } from "../userError.ts";
import { loopbackS3 } from "./loopbackS3.ts";
import { userKeys, writerOf, type StoreKeys } from "./users.ts";

/**
 * Opens the store of a site, of any kind, as a user who may write into a bucket: through the API server where it runs in the
 * cluster, otherwise at its endpoint, which this machine must reach.
 *
 * @throws UserError where the site has no store, or nobody may write into the bucket.
 */
export async function withStore<T>(
  { site, kubectl }: { site: SitePlan; kubectl: Kubectl },
  bucket: string,
  work: (s3: S3Client) => Promise<T>,
): Promise<T> {
  const { objects } = site;
  if (!objects) throw new UserError(`site ${site.name} has no object store`);
  const namespace = site.namespaces.data.name;
  const credentials = await userKeys({ kubectl, namespace, objects }, writerOf(objects, bucket).name);
  const ca = objects.caSecret && (await secretValue(kubectl, namespace, objects.caSecret, "ca.crt"));
  const { s3, close } = await open(objects, { kubectl, namespace, credentials, ca });
  try {
    return await work(s3);
  } finally {
    s3.destroy();
    await close();
  }
}

interface Opening {
  kubectl: Kubectl;
  namespace: string;
  credentials: StoreKeys;
  ca: string | undefined;
}

async function open(
  objects: ObjectsPlan,
  { kubectl, namespace, credentials, ca }: Opening,
): Promise<{ s3: S3Client; close: () => Promise<void> }> {
  const { region, host, port } = objects;
  const checksums = {
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  } as const;
  const agent = { ca, servername: host, keepAlive: true };
  if (objects.kind === "external") {
    const endpoint = `https://${host}:${port}`;
    const requestHandler = { httpsAgent: new Agent(agent) };
    const s3 = new S3Client({ ...checksums, endpoint, region, credentials, forcePathStyle: true, requestHandler });
    return { s3, close: () => Promise.resolve() };
  }
  const of = objects.kind === "ceph" ? objects.namespace : namespace;
  const forward = await portForward(kubectl, of, objects.service, port);
  const httpsAgent = new Agent(agent);
  const s3 = loopbackS3({ ...checksums, port: forward.port, region, credentials, httpsAgent, maxAttempts: 5 });
  return { s3, close: forward.close };
}
