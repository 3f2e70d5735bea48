import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

/** A client that writes numbered rows, one after the other, until it is refused or stopped. */
export interface SourceWriter {
  /** Numbers of the rows whose commit was acknowledged. */
  acknowledged: number[];
  /** Longest time, in seconds, between two acknowledgements. */
  longestPause(): number;
  /** What it was refused with; undefined while it writes. */
  refusal(): string | undefined;
  /** Ends it. */
  stop(): Promise<void>;
}

/** Starts a client that writes into the table `written`: its number, and one of the table's own sequence. */
export async function startSourceWriter(connection: pg.ClientConfig): Promise<SourceWriter> {
  const client = new pg.Client(connection);
  await client.connect();
  const acknowledged: number[] = [];
  let longest = 0;
  let refusal: string | undefined;
  let stopped = false;
  const run = async (): Promise<void> => {
    let last = performance.now();
    for (let number = 1; !stopped; number += 1) {
      try {
        await client.query("INSERT INTO written (number) VALUES ($1)", [number]);
      } catch (error) {
        refusal = (error as Error).message;
        return;
      }
      const now = performance.now();
      longest = Math.max(longest, (now - last) / 1000);
      last = now;
      acknowledged.push(number);
      await sleep(5);
    }
  };
  const running = run();
  return {
    acknowledged,
    longestPause: () => longest,
    refusal: () => refusal,
    stop: async () => {
      stopped = true;
      await running;
      await client.end();
    },
  };
}
