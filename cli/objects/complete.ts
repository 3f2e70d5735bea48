import { setTimeout as sleep } from "node:timers/promises";
import { KubectlError } from "../kubectl.ts";
import { UserError } from "../userError.ts";
import { isEnding, isReady } from "../site/pods.ts";
import { onServer, type StoreTarget } from "./target.ts";

/** Seconds that a store gets to be complete again: a server that has to stop waits for minutes until it may. */
const COMPLETE_SECONDS = 900;

/** Asks a server of the store how all drives are: their number, and those that are not well or still being filled. */
const DRIVES = `
source minio-common
open_store "https://localhost:\${MINIO_ADDRESS##*:}"
mc --json admin info store/ | jq -c '[.info.servers[] | .endpoint as $server | .drives[]? | {server: $server, path, state, healing}]'`;

/** A drive as MinIO describes it. */
interface Drive {
  server: string;
  path: string;
  state: string;
  healing?: boolean;
}

/**
 * Waits until every server is ready and sees all drives, and none of these is being filled.
 *
 * @throws UserError when that takes too long, with what is missing.
 */
export async function untilStoreComplete(target: StoreTarget): Promise<void> {
  let missing = "";
  for (const end = Date.now() + COMPLETE_SECONDS * 1000; Date.now() < end; await sleep(1000)) {
    try {
      missing = (await whatIsNotReady(target)) || (await whatIsNotWell(target));
      if (missing === "") return;
    } catch (error) {
      // The API server or the server that is asked may be on its way back.
      if (!(error instanceof KubectlError)) throw error;
      missing = error.message;
    }
  }
  throw new UserError(`the object store is not complete after ${COMPLETE_SECONDS} s: ${missing}`);
}

async function whatIsNotReady({ kubectl, namespace, objects }: StoreTarget): Promise<string> {
  const names = objects.servers.map(({ name }) => `${name}-0`);
  const pods = await kubectl.list(["pods", "--namespace", namespace, "--selector", "app.kubernetes.io/name=minio"]);
  const servers = pods.filter(({ metadata }) => names.includes(metadata.name));
  if (servers.length < names.length) return `${servers.length} pods of ${names.length}`;
  const unready = servers.filter((pod) => !isReady(pod) || isEnding(pod)).map(({ metadata }) => metadata.name);
  return unready.length > 0 ? `not ready: ${unready.join(", ")}` : "";
}

/** What any server sees that is not well; each of them may see something else. */
async function whatIsNotWell(target: StoreTarget): Promise<string> {
  const { servers, drivesPerServer } = target.objects;
  const seen = await Promise.all(servers.map(({ name }) => onServer(target, name, "bash", "-c", DRIVES)));
  for (const text of seen) {
    const drives = JSON.parse(text) as Drive[];
    const wanted = servers.length * drivesPerServer;
    if (drives.length < wanted) return `${drives.length} of ${wanted} drives`;
    const ill = drives.find(({ state, healing }) => state !== "ok" || healing === true);
    if (ill) return `${ill.server}${ill.path} is ${ill.healing ? "being filled" : ill.state}`;
  }
  return "";
}

/**
 * Completes what drives lack that missed writes while their server ran, as the CronJob does every night: MinIO itself gets to it
 * late.
 */
export const completeDrives = (target: StoreTarget): Promise<string> =>
  onServer(target, target.objects.servers[0]!.name, "minio-heal", "600");
