const UNITS = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 } as const;

/** Bytes of an amount in Kubernetes' notation, such as `512Mi`; config has checked its shape. */
export function toBytes(amount: string): number {
  return Number(amount.slice(0, -2)) * UNITS[amount.slice(-2) as keyof typeof UNITS];
}
