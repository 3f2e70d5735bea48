const UNITS: Record<string, number> = {
  "": 1,
  ...{ k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50 },
};

/**
 * Bytes of an amount in Kubernetes' notation, such as `512Mi`: of config, which has been checked, or of a volume, whose driver may
 * take any of the units.
 */
export function toBytes(amount: string): number {
  const [, digits, unit] = /^([\d.]+)(\D*)$/.exec(amount) ?? [];
  return Number(digits) * (UNITS[unit ?? ""] ?? NaN);
}
