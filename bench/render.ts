import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";

/** One run of a command. */
interface Run {
  /** Wall-clock seconds. */
  seconds: number;
  /** Peak memory in megabytes. */
  megabytes: number;
}

/** Prints the process's peak memory, in kilobytes, when it ends. */
const PRINT_PEAK = 'data:text/javascript,process.on("exit",()=>console.error("peak",process.resourceUsage().maxRSS))';
const ROOT = join(import.meta.dirname, "..");

async function runNode(args: string[]): Promise<Run> {
  const started = performance.now();
  const { stderr } = await execa(process.execPath, ["--import", PRINT_PEAK, ...args], { cwd: ROOT });
  return { seconds: (performance.now() - started) / 1000, megabytes: Number(/peak (\d+)/.exec(stderr)![1]) / 1024 };
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** Rendering against a bare Node process that loads the same packages. */
export interface RenderFigures {
  /** Median of the ratios of wall time, pair by pair. */
  ratioToBareNode: number;
  /** Median of a render's peak memory. */
  peakMegabytes: number;
  /** Milliseconds and kilobytes that one more resource costs. */
  perResource: { milliseconds: number; kilobytes: number; from: number; to: number };
}

/**
 * Measures `archipel render local` in pairs with a bare Node process, since the machine's speed drifts, and what more
 * resources cost.
 */
export async function measureRender(pairs = 7): Promise<RenderFigures> {
  const out = mkdtempSync(join(tmpdir(), "archipel-bench-"));
  try {
    const ratios: number[] = [];
    const peaks: number[] = [];
    for (let pair = 0; pair <= pairs; pair++) {
      const bare = await runNode(["-e", 'require("@pulumi/kubernetes")']);
      const render = await runNode(["bin/archipel.js", "render", "local", "--out", out]);
      // The first pair warms the file system's cache.
      if (pair === 0) continue;
      ratios.push(render.seconds / bare.seconds);
      peaks.push(render.megabytes);
    }
    return { ratioToBareNode: median(ratios), peakMegabytes: median(peaks), perResource: await measureGrowth() };
  } finally {
    rmSync(out, { recursive: true });
  }
}

/** Evaluates the local stack with few and with many apps; the difference is what the resources cost. */
async function measureGrowth(): Promise<RenderFigures["perResource"]> {
  const evaluate = async (apps: number) => {
    const { stdout } = await execa(process.execPath, ["--import", "tsx", "bench/manyApps.ts", String(apps)], {
      cwd: ROOT,
    });
    return JSON.parse(stdout) as { resources: number; milliseconds: number; kilobytes: number };
  };
  const few = await evaluate(10);
  const many = await evaluate(400);
  const resources = many.resources - few.resources;
  return {
    milliseconds: (many.milliseconds - few.milliseconds) / resources,
    kilobytes: (many.kilobytes - few.kilobytes) / resources,
    from: few.resources,
    to: many.resources,
  };
}
