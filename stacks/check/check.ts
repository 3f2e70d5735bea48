import type { Config } from "../config.ts";
import type { Mistake } from "../mistakes.ts";
import { checkAdopt } from "./adopt.ts";
import { checkApps } from "./apps.ts";
import { checkBackup } from "./backup.ts";
import { checkCeph } from "./ceph.ts";
import type { CheckContext } from "./common.ts";
import { checkDatabase } from "./database.ts";
import { checkDirect } from "./direct.ts";
import { checkEdge } from "./edge.ts";
import { checkExternalObjects } from "./externalObjects.ts";
import { checkFiles } from "./files.ts";
import { checkMounts } from "./mounts.ts";
import { checkObjects } from "./objects.ts";
import { checkObjectsCopy } from "./objectsCopy.ts";
import { checkSecrets } from "./secrets.ts";
import { checkSites } from "./sites.ts";

/**
 * Finds what shapes cannot say: names that must be unique or must exist, and values that exclude each other.
 *
 * @param config the parts of a config whose shape is right; what refers to a missing part is not judged.
 */
export function findMistakes(config: Partial<Config>, context: CheckContext): Mistake[] {
  return [
    ...checkSites(config, context),
    ...checkDatabase(config),
    ...checkAdopt(config),
    ...checkBackup(config, context),
    ...checkObjects(config),
    ...checkCeph(config, context),
    ...checkExternalObjects(config),
    ...checkObjectsCopy(config),
    ...checkFiles(config, context),
    ...checkEdge(config, context),
    ...checkApps(config, context),
    ...checkDirect(config, context),
    ...checkMounts(config, context),
    ...checkSecrets(config, context),
  ];
}
