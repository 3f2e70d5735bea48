import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import type { Trial } from "./run.ts";

/** Least seconds of one step of the plot. */
const LEAST_STEP = 0.1;
/** Steps of a plot; where trials last long, each step does too. */
const MOST_STEPS = 150;
/** Seconds that are shown before a fault. */
const BEFORE = 1;
/** Least seconds that are shown after it. */
const LEAST_AFTER = 5;

/**
 * A picture (SVG) of the acknowledged writes per second around each fault, a row for each fault and a column for each way:
 * the median of all trials as a line, and the least and the most of them as an area around it.
 */
export async function plotTrials(title: string, trials: Trial[]): Promise<string> {
  const after = Math.max(
    LEAST_AFTER,
    ...trials.flatMap(({ ways }) => Object.values(ways).map(({ longestPause }) => longestPause + 3)),
  );
  const second = { field: "second", type: "quantitative", title: "seconds after the fault" } as const;
  const writes = { field: "writes", type: "quantitative", title: "writes per second" } as const;
  const spec: TopLevelSpec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    title: { text: title, anchor: "start" },
    data: { values: trials.flatMap((trial) => points(trial, after)) },
    facet: { row: { field: "fault", title: null }, column: { field: "way", title: null } },
    spec: {
      width: 360,
      height: 110,
      layer: [
        {
          mark: { type: "area", opacity: 0.25, interpolate: "step-after" },
          encoding: { x: second, y: { ...writes, aggregate: "min" }, y2: { field: "writes", aggregate: "max" } },
        },
        {
          mark: { type: "line", strokeWidth: 1, interpolate: "step-after" },
          encoding: { x: second, y: { ...writes, aggregate: "median" } },
        },
        {
          // One line, not one for each point.
          transform: [{ aggregate: [{ op: "count", as: "points" }], groupby: ["fault", "way"] }],
          mark: { type: "rule", color: "firebrick", strokeDash: [4, 2] },
          encoding: { x: { datum: 0 } },
        },
      ],
    },
    config: { view: { stroke: null } },
  };
  return new View(parse(compile(spec).spec), { renderer: "none" }).toSVG();
}

interface Point {
  fault: string;
  way: string;
  second: number;
  writes: number;
}

function points({ fault, at, ways }: Trial, after: number): Point[] {
  const length = Math.max(LEAST_STEP, Math.ceil(((BEFORE + after) / MOST_STEPS) * 10) / 10);
  return Object.entries(ways).flatMap(([way, { acknowledgements }]) => {
    const steps = Array.from({ length: Math.ceil((BEFORE + after) / length) }, () => 0);
    for (const moment of acknowledgements) {
      const step = Math.floor(((moment - at) / 1000 + BEFORE) / length);
      if (step >= 0 && step < steps.length) steps[step]! += 1;
    }
    return steps.map((count, step) => ({
      fault,
      way,
      second: Math.round((step * length - BEFORE) * 10) / 10,
      writes: Math.round(count / length),
    }));
  });
}
