import { toBytes } from "../../stacks/bytes.ts";
import { PROJECT } from "../../stacks/config.ts";
import type { Mistake } from "../../stacks/mistakes.ts";
import { minioOf } from "../../stacks/objectsPlan.ts";
import type { SitePlan } from "../../stacks/plan.ts";
import { dataClaim } from "../database/names.ts";
import { driveClaim, driveName } from "../objects/minioVolumes.ts";
import type { ClusterFacts } from "./preflight.ts";

/** A volume that config asks for. */
interface WantedVolume {
  /** Name of the claim. */
  claim: string;
  /** Its size in Kubernetes' notation. */
  size: string;
  /** The config key that says so. */
  path: string;
}

/** A claim that exists gets the size that config says, or config is refused: no volume shrinks, and not every one grows. */
export function checkVolumes(plan: SitePlan, { claims, storageClasses }: ClusterFacts): Mistake[] {
  const { block } = plan.capabilities.storageClasses;
  const mistakes = wantedVolumes(plan).flatMap(({ claim, size, path }): Mistake[] => {
    const live = claims.find(({ namespace, name }) => namespace === plan.namespaces.data.name && name === claim);
    if (!live || live.bytes === toBytes(size)) return [];
    if (toBytes(size) < live.bytes) {
      const hint = "raise it again; a smaller volume is another stack, to which the data is restored";
      return [
        { path, found: size, allowed: `at least ${live.size}, which ${claim} has: a volume never shrinks`, hint },
      ];
    }
    if (storageClasses.some(({ name, expandable }) => name === block && expandable)) return [];
    const hint = "take another StorageClass for a new stack, or allow expansion where its driver can";
    return [{ path, found: size, allowed: `${live.size}: the StorageClass ${block} does not let volumes grow`, hint }];
  });
  // All volumes of a key are alike: one line says it.
  return mistakes.filter(({ path }, index) => mistakes.findIndex((other) => other.path === path) === index);
}

function wantedVolumes({ database, dcs, objects, monitoring }: SitePlan): WantedVolume[] {
  const minio = minioOf(objects);
  const drives = Array.from({ length: minio?.drivesPerServer ?? 0 }, (_, index) => driveName(index));
  return [
    ...(database?.members ?? []).map((member) => ({
      claim: dataClaim(member),
      size: database!.storage,
      path: `${PROJECT}:database.storage`,
    })),
    ...(dcs?.members ?? []).map(({ name }) => ({ claim: name, size: dcs!.storage, path: `${PROJECT}:dcs.storage` })),
    ...(monitoring?.kind === "prometheus"
      ? [{ claim: monitoring.claim, size: monitoring.storage, path: `${PROJECT}:monitoring.storage` }]
      : []),
    ...(minio?.pools ?? []).flatMap(({ servers, driveSize }, pool) =>
      servers.flatMap(({ name }) =>
        drives.map((drive) => ({
          claim: driveClaim(name, drive),
          size: driveSize,
          path: `${PROJECT}:objects.${pool === 0 ? "" : `pools[${pool - 1}].`}driveSize`,
        })),
      ),
    ),
  ];
}
