import { setTimeout as sleep } from "node:timers/promises";
import { dataClaim } from "../../../components/database/names.ts";
import { onMember, queryMember, type Target } from "../../database/target.ts";
import { KubectlError } from "../../kubectl.ts";
import type { Drill, Fault, Repair } from "../drill.ts";
import { others, withoutReplicas } from "../processes.ts";
import { fillVolumes, volumeOf } from "../volumes.ts";
import { repairable } from "../repair.ts";

/** Seconds that a volume stays full. */
const FULL_SECONDS = 30;

/** Most segments of WAL that a primary may have in reserve. */
const MOST_SEGMENTS = 100;

/** Fills members' volumes to the last byte. */
async function fill({ kubectl, namespace, database }: Target, members: string[]): Promise<Repair> {
  const claims = database.members.filter(({ name }) => members.includes(name)).map(dataClaim);
  return fillVolumes(await Promise.all(claims.map((claim) => volumeOf(kubectl, namespace, claim))));
}

/** Uses up the WAL that a primary has in reserve, until it needs more and there is no room. */
async function exhaustWal(target: Target, primary: string): Promise<void> {
  for (let segment = 0; segment < MOST_SEGMENTS; segment++) {
    try {
      await queryMember(target, primary, "SELECT pg_switch_wal()");
    } catch (error) {
      if (error instanceof KubectlError) return;
      throw error;
    }
    await sleep(50);
  }
}

/** Reads every row and index of the database: a checksum or an index that does not fit ends it with an error. */
async function readEverything(target: Target, primary: string): Promise<void> {
  const check = `
    for database in $(psql --no-align --tuples-only --command "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate" postgres); do
      had=$(psql --no-align --tuples-only --command "SELECT 'yes' FROM pg_extension WHERE extname = 'amcheck'" "$database")
      pg_amcheck --install-missing --heapallindexed "$database"
      [[ $had ]] || psql --quiet --command "DROP EXTENSION amcheck" "$database"
    done`;
  await onMember(target, primary, "bash", "-c", `set -euo pipefail; ${check}`);
  for (const member of others(target, primary)) {
    await onMember(target, member, "bash", "-c", "pg_dumpall >/dev/null");
  }
}

const full = (inject: Fault["inject"]): Fault => ({ inject, lastsSeconds: FULL_SECONDS, verify: readEverything });

/** Volumes without a free byte: writes are refused with a clear error or go on elsewhere, and nothing is damaged. */
export const diskFull: Drill = {
  summary: `fills the primary's volume for ${FULL_SECONDS} s, then its WAL too, then all volumes; then reads everything`,
  faults: {
    "primary-full": full((target, primary) => fill(target, [primary])),
    "primary-full-of-wal": full(async (target, primary) => {
      const repair = await fill(target, [primary]);
      return repairable(repair, () => exhaustWal(target, primary));
    }),
    "all-full": full((target) =>
      fill(
        target,
        target.database.members.map(({ name }) => name),
      ),
    ),
  },
  unsuitable: withoutReplicas,
};
