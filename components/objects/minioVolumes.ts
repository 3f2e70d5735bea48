import { serviceHost } from "../../stacks/names.ts";
import type { MinioPlan } from "../../stacks/objectsPlan.ts";

/** Name of a server's n-th drive: its folder in the pod, and the end of its claim's name. */
export const driveName = (index: number): string => `data-${index}`;

/** Name of the claim of a server's drive. */
export const driveClaim = (server: string, drive: string): string => `${server}-${drive}`;

/** MinIO's notation of a numbered list: `{0...2}`; nothing to expand where there is one. */
const range = (count: number): string => (count === 1 ? "0" : `{0...${count - 1}}`);

/**
 * All drives of the store in MinIO's notation, the value of MINIO_VOLUMES. It never changes while the store has data.
 *
 * @param namespace namespace of the servers.
 */
export function minioVolumes(plan: MinioPlan, namespace: string): string {
  const drives = `/${driveName(0).replace(/0$/, "")}${range(plan.drivesPerServer)}`;
  if (plan.servers.length === 1) return drives;
  return `https://${serviceHost(`${plan.name}-${range(plan.servers.length)}`, namespace)}:${plan.port}${drives}`;
}
