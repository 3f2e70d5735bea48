import { onMember, queryMember, untilComplete, type Target } from "../cli/database/target.ts";
import { sandboxTarget } from "../cli/drill/choose.ts";
import { openClients } from "../cli/drill/clients.ts";
import { startWriters } from "../cli/drill/writers.ts";
import { archiveEverything } from "../cli/restore/archive.ts";
import { chooseRepository } from "../cli/restore/backups.ts";
import { restoreInPlace } from "../cli/restore/inPlace.ts";
import { cronJobSpec, runJob } from "../cli/site/jobs.ts";
import { programFolder } from "../components/database/layout.ts";
import { ONE_NODE } from "../sandbox/oneNode.ts";
import { inOwnStack } from "./ownStack.ts";
import { writeResults } from "./results.ts";

/** pgbench's scale of about 2 GiB. */
const SCALE = 140;
/** Seconds that a backup may take. */
const BACKUP_SECONDS = 3600;

const STACK = "backupbench";

const CONFIG = {
  "archipel:sites": [ONE_NODE],
  "archipel:database": { storage: "8Gi", databases: [{ name: "notes" }], backup: { offsite: "none" } },
  "archipel:objects": { servers: 3, drivesPerServer: 2, driveSize: "4Gi" },
  "archipel:edge": {},
};

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** Seconds of a full backup of everything, as the one of each week. */
const measureBackup = (target: Target): Promise<number> =>
  seconds(async () => {
    const spec = await cronJobSpec(target, `${target.database.name}-backup-full`);
    const { succeeded, log } = await runJob(target, "pgbench-backup", spec, BACKUP_SECONDS);
    if (!succeeded) throw new Error(log);
  });

/** Seconds of a restore in place: of each of its steps, and until a client's row is acknowledged again. */
async function measureRestore(target: Target): Promise<object> {
  const repository = chooseRepository(target);
  const clients = await openClients(target);
  try {
    const writers = await startWriters({ connection: clients.write.pooler! });
    await archiveEverything(target, repository);
    const steps: Record<string, number> = {};
    await restoreInPlace({
      target,
      repository,
      step: async (title, work) => {
        let result: unknown;
        steps[title] = await seconds(async () => (result = await work(() => undefined)));
        return result as never;
      },
    });
    const { longestPause } = await writers.stop();
    return { untilWritesSeconds: longestPause, steps };
  } finally {
    await clients.close();
  }
}

async function measure(): Promise<object> {
  const target = sandboxTarget(STACK);
  const primary = await untilComplete(target);
  const pgbench = `${programFolder(target.database.version)}/pgbench`;
  await onMember(target, primary, pgbench, "--initialize", "--quiet", `--scale=${SCALE}`, "postgres");
  const size = "SELECT sum(pg_database_size(oid)) FROM pg_database";
  const gibibytes = Number(await queryMember(target, primary, size)) / 2 ** 30;
  await untilComplete(target);
  const backupSeconds = await measureBackup(target);
  const restore = await measureRestore(target);
  return { gibibytes, backupSeconds, backupMebibytesPerSecond: (gibibytes * 1024) / backupSeconds, restore };
}

writeResults("backup.json", await inOwnStack(STACK, CONFIG, measure));
