import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { untilStoreComplete } from "../../objects/complete.ts";
import { openStoreClient } from "../../objects/storeClient.ts";
import { userKeys } from "../../objects/users.ts";
import { onServer, type StoreTarget } from "../../objects/target.ts";
import { UserError } from "../../userError.ts";
import type { Ground } from "../ground.ts";
import { otherNode, podOf } from "../processes.ts";
import { startStoreWriters, type StoreReport, type StoreWriters } from "./storeWriters.ts";

/** Seconds until every drive must have its part of everything. */
const SAFE_SECONDS = 900;

/** An object store: one of its servers is hit while objects are written and read through its Service. */
export const storeGround: Ground<StoreTarget, StoreReport> = {
  name: "the object store",
  untilComplete: async (target) => {
    await untilStoreComplete(target);
    const { servers } = target.objects;
    return servers[randomInt(servers.length)]!.name;
  },
  startClients: async (target, victim, { ballast }) => {
    const [user] = target.objects.users.filter(({ access }) => access.some(({ mode }) => mode === "readwrite"));
    if (!user) throw new UserError(`stack ${target.plan.stack} has no user of its object store who may write`);
    const bucket = user.access.find(({ mode }) => mode === "readwrite")!.bucket;
    const keys = await userKeys(target, user.name);
    const client = await openStoreClient(target, keys, { node: await otherNode(target, victim) });
    const writers = await startStoreWriters({ s3: client.s3, bucket, ballast }).catch(async (error: unknown) => {
      await client.close();
      throw error;
    });
    return {
      latest: writers.latest,
      // Each server reads its own drives' parts first: there nobody gets around the damaged ones.
      readDamaged: async ({ server, keys: damaged }) => {
        const near = await openStoreClient(target, keys, await podOf(target, server));
        await writers.readDamaged(near.s3, damaged).finally(near.close);
      },
      untilSafe: () => untilOnAllDrives(target, bucket, writers),
      stop: async () => ({ service: await writers.stop() }),
      close: client.close,
    };
  },
};

/** Waits until each drive has its part of every object that was acknowledged by now. MinIO has to bring that about itself. */
async function untilOnAllDrives(target: StoreTarget, bucket: string, writers: StoreWriters): Promise<void> {
  const keys = writers.acknowledged();
  let missing = "";
  for (const end = Date.now() + SAFE_SECONDS * 1000; Date.now() < end; await sleep(3000)) {
    const drives = (
      await Promise.all(target.objects.servers.map(({ name }) => partsOn(target, name, bucket, writers.prefix)))
    ).flat();
    const lacking = drives.flatMap(({ drive, parts }) => {
      const count = keys.filter((key) => !parts.has(key)).length;
      return count > 0 ? [`${drive} lacks ${count} of ${keys.length} objects`] : [];
    });
    if (lacking.length === 0) return;
    missing = lacking.join(", ");
  }
  throw new UserError(`not every drive has its part of everything after ${SAFE_SECONDS} s: ${missing}`);
}

/** The objects of which a server's drives have a part. */
async function partsOn(
  target: StoreTarget,
  server: string,
  bucket: string,
  prefix: string,
): Promise<{ drive: string; parts: Set<string> }[]> {
  const script = `cd "$1/$2" && find "$3" -name xl.meta -printf '%h\\n' 2>/dev/null || true`;
  return Promise.all(
    Array.from({ length: target.objects.drivesPerServer }, async (_, index) => {
      const drive = `/data-${index}`;
      const found = await onServer(target, server, "bash", "-c", script, "bash", drive, bucket, prefix);
      return { drive: `${server}${drive}`, parts: new Set(found.split("\n")) };
    }),
  );
}
