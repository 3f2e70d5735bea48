import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import type { Trial } from "./run.ts";

/** Seconds of one step of the plot. */
const STEP = 0.1;
/** Seconds that are shown before a fault. */
const BEFORE = 1;
/** Least seconds that are shown after it. */
const LEAST_AFTER = 5;

/** A picture (SVG) of the acknowledged writes per second around each fault: one line for each trial, a row for each fault. */
export async function plotTrials(title: string, trials: Trial[]): Promise<string> {
  const after = Math.max(
    LEAST_AFTER,
    ...trials.flatMap(({ ways }) => Object.values(ways).map(({ longestPause }) => longestPause + 3)),
  );
  const spec: TopLevelSpec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    title,
    data: { values: trials.flatMap((trial, number) => points(trial, number, after)) },
    facet: { row: { field: "fault", title: null }, column: { field: "way", title: null } },
    spec: {
      width: 360,
      height: 110,
      layer: [
        {
          mark: { type: "line", opacity: 0.35, strokeWidth: 1, interpolate: "step-after" },
          encoding: {
            x: { field: "second", type: "quantitative", title: "seconds after the fault" },
            y: { field: "writes", type: "quantitative", title: "writes per second" },
            detail: { field: "trial", type: "nominal" },
          },
        },
        { mark: { type: "rule", color: "firebrick", strokeDash: [4, 2] }, encoding: { x: { datum: 0 } } },
      ],
    },
    config: { view: { stroke: null } },
  };
  return new View(parse(compile(spec).spec), { renderer: "none" }).toSVG();
}

interface Point {
  fault: string;
  way: string;
  trial: number;
  second: number;
  writes: number;
}

function points({ fault, at, ways }: Trial, trial: number, after: number): Point[] {
  return Object.entries(ways).flatMap(([way, { acknowledgements }]) => {
    const steps = Array.from({ length: Math.ceil((BEFORE + after) / STEP) }, () => 0);
    for (const moment of acknowledgements) {
      const step = Math.floor(((moment - at) / 1000 + BEFORE) / STEP);
      if (step >= 0 && step < steps.length) steps[step]! += 1;
    }
    return steps.map((count, step) => ({
      fault,
      way,
      trial,
      second: Math.round((step * STEP - BEFORE) * 10) / 10,
      writes: count / STEP,
    }));
  });
}
