/** How MinIO divides the drives of a pool: an object lies on all drives of one set, and its parity is counted there. */
export interface ErasureSets {
  /** How many there are. */
  count: number;
  /** Drives of one. */
  drives: number;
  /** Drives of one set that are in the same server. */
  perServer: number;
}

/** Most drives of a set. */
const MOST = 16;

/**
 * MinIO's own division, which it makes of the volumes that it is told: the largest sets of at most 16 drives that are all of
 * one size and have the same number of drives in each of their servers.
 */
export function erasureSets(servers: number, drivesPerServer: number): ErasureSets {
  const all = servers * drivesPerServer;
  let drives = 1;
  for (let size = 2; size <= MOST; size++) {
    const even = servers > size ? servers % size === 0 : size % servers === 0;
    if (all % size === 0 && even) drives = size;
  }
  return { count: all / drives, drives, perServer: Math.ceil(drives / servers) };
}

/**
 * Parity drives of every object: as many as a server has drives, so that one server can be lost whatever the sets; half of the
 * drives of a single one.
 */
export const parityFor = (servers: number, drivesPerServer: number): number =>
  servers === 1 ? Math.floor(drivesPerServer / 2) : drivesPerServer;

/**
 * Drives of a set that can be lost while reads and writes go on. MinIO writes as long as it can write the data parts, and one part
 * more where half of the set is parity.
 */
export const losableDrives = ({ drives }: ErasureSets, parity: number): number =>
  parity * 2 === drives ? parity - 1 : parity;
