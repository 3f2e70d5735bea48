import { setTimeout as sleep } from "node:timers/promises";
import { ARCHIVE_STATE } from "../../components/database/metrics.ts";
import { queryMember, untilComplete, type Target } from "../database/target.ts";
import { UserError } from "../userError.ts";
import { openClients, type Clients, type Way } from "./clients.ts";
import type { Ground } from "./ground.ts";
import { otherNode } from "./processes.ts";
import { startWriters, type WriteReport, type Writers } from "./writers.ts";

/** A database: its primary is hit while rows are written through the pooler and the edge. */
export const databaseGround: Ground<Target, WriteReport> = {
  name: "the database",
  untilComplete: async (target) => {
    const primary = await untilComplete(target);
    await untilArchived(target, primary);
    return primary;
  },
  startClients: async (target, primary) => {
    const clients = await openClients(target, await otherNode(target, primary));
    const writers = await startAll(clients).catch(async (error: unknown) => {
      await clients.close();
      throw error;
    });
    return {
      latest: () => Math.min(...writers.map(([, one]) => one.latest())),
      stop: async () => {
        const reports: Record<string, WriteReport> = {};
        // All of them end, also where one cannot say what it saw.
        await Promise.all(writers.map(async ([way, one]) => (reports[way] = await one.stop())));
        return reports;
      },
      close: clients.close,
    };
  },
};

/** Seconds for PostgreSQL to try again what it could not archive. */
const ARCHIVE_SECONDS = 180;

/** Waits until the primary archives its WAL, where there are backups: whatever was broken must not leave that behind. */
async function untilArchived(target: Target, primary: string): Promise<void> {
  if (!target.database.backup) return;
  const failing = `SELECT failing FROM (${ARCHIVE_STATE}) AS state`;
  for (const end = Date.now() + ARCHIVE_SECONDS * 1000; Date.now() < end; await sleep(1000)) {
    if ((await queryMember(target, primary, failing)) === "f") return;
  }
  throw new UserError(
    `${primary} archives no WAL any more\n  see why: kubectl --namespace ${target.namespace} logs ${primary}-0 --container patroni`,
  );
}

async function startAll({ write }: Clients): Promise<[Way, Writers][]> {
  const ways = Object.entries(write) as [Way, NonNullable<Clients["write"][Way]>][];
  return Promise.all(
    ways.map(async ([way, connection]): Promise<[Way, Writers]> => [way, await startWriters({ connection })]),
  );
}
