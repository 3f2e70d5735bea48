import { untilComplete, type Target } from "../database/target.ts";
import { openClients, type Clients, type Way } from "./clients.ts";
import type { Ground } from "./ground.ts";
import { otherNode } from "./processes.ts";
import { startWriters, type WriteReport, type Writers } from "./writers.ts";

/** A database: its primary is hit while rows are written through the pooler and the edge. */
export const databaseGround: Ground<Target, WriteReport> = {
  name: "the database",
  untilComplete,
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

async function startAll({ write }: Clients): Promise<[Way, Writers][]> {
  const ways = Object.entries(write) as [Way, NonNullable<Clients["write"][Way]>][];
  return Promise.all(
    ways.map(async ([way, connection]): Promise<[Way, Writers]> => [way, await startWriters({ connection })]),
  );
}
