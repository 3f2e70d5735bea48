/** Told one line per event worth showing while something long goes on. */
export type Report = (line: string) => void;

/** How long one step took. */
export interface Timing {
  /** What was done, in a few words. */
  step: string;
  /** Wall-clock seconds. */
  seconds: number;
}

/** Runs steps, remembers how long each took and reports it. */
export class Timings {
  /** One entry per finished step, in the order in which they finished. */
  readonly list: Timing[] = [];

  constructor(private readonly report: Report) {}

  /** Runs `work` under the name `step`; an error passes through and leaves no entry. */
  async measure<T>(step: string, work: () => Promise<T> | T): Promise<T> {
    const start = performance.now();
    const result = await work();
    const seconds = Math.round((performance.now() - start) / 10) / 100;
    this.list.push({ step, seconds });
    this.report(`${step} (${seconds.toFixed(1)} s)`);
    return result;
  }
}
