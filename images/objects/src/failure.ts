/** Everything that stands in the way, each in words for whoever runs the platform or the store. */
export class Failure extends Error {
  constructor(readonly reasons: string[]) {
    super(reasons.join("\n"));
  }
}

/** @throws Failure where anything stands in the way. */
export function refuse(reasons: string[]): void {
  if (reasons.length > 0) throw new Failure(reasons);
}
