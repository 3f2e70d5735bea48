import type { Mistake } from "../../stacks/mistakes.ts";
import { minioOf } from "../../stacks/objectsPlan.ts";
import type { SitePlan } from "../../stacks/plan.ts";
import { driveClaim, driveName } from "../objects/minioVolumes.ts";
import type { ClusterFacts } from "./preflight.ts";

/** Claims of MinIO's drives. */
const DRIVE = /^minio-[0-9]+-data-[0-9]+$/;

/** A store never loses drives with objects on them: what stands on the servers of a pool is nowhere else. */
export function checkStoreDrives({ objects, namespaces }: SitePlan, { claims }: ClusterFacts): Mistake[] {
  const minio = minioOf(objects);
  if (!minio) return [];
  const planned = minio.servers.flatMap(({ name }) =>
    Array.from({ length: minio.drivesPerServer }, (_, index) => driveClaim(name, driveName(index))),
  );
  const left = claims
    .filter(({ namespace, name }) => namespace === namespaces.data.name && DRIVE.test(name) && !planned.includes(name))
    .map(({ name }) => name);
  if (left.length === 0) return [];
  return [
    {
      path: "archipel:objects",
      found: `${minio.servers.length} servers with ${minio.drivesPerServer} drives each`,
      allowed: `a layout with all drives of the store: the cluster has ${left.join(", ")} too, with objects that are nowhere else`,
      hint: "put the servers, drives or pools back; a smaller store is another one, to which archipel:objects.copy copies",
    },
  ];
}
