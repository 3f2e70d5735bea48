import { serviceHost } from "../../stacks/names.ts";
import type { MinioPlan } from "../../stacks/objectsPlan.ts";

/** Name of a server's n-th drive: its folder in the pod, and the end of its claim's name. */
export const driveName = (index: number): string => `data-${index}`;

/** Name of the claim of a server's drive. */
export const driveClaim = (server: string, drive: string): string => `${server}-${drive}`;

/** MinIO's notation of a numbered list: `{0...2}`; nothing to expand where there is one. */
const range = (first: number, count: number): string =>
  count === 1 ? String(first) : `{${first}...${first + count - 1}}`;

/**
 * All drives of the store in MinIO's notation, the value of MINIO_VOLUMES: a word for each pool. What a store has of it never
 * changes while it has data; a further pool adds a word.
 *
 * @param namespace namespace of the servers.
 */
export function minioVolumes(plan: MinioPlan, namespace: string): string {
  const drives = `/${driveName(0).replace(/0$/, "")}${range(0, plan.drivesPerServer)}`;
  if (plan.servers.length === 1) return drives;
  return plan.pools
    .map(({ servers }) => {
      const names = `${plan.name}-${range(plan.servers.indexOf(servers[0]!), servers.length)}`;
      return `https://${serviceHost(names, namespace)}:${plan.port}${drives}`;
    })
    .join(" ");
}
