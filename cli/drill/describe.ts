import pc from "picocolors";
import { lossBound, type DrillResult, type Figures } from "./result.ts";

/** What a person wants to know after a drill: was anything lost, and how long did writers stand still. */
export function describeResult(result: DrillResult): string {
  const {
    times,
    acknowledged_writes: acknowledged,
    lost_acknowledged_writes: lost,
    errors,
    by,
    outcomes = {},
  } = result;
  const verdict =
    lost === 0
      ? pc.green(`0 of ${acknowledged} acknowledged writes lost`) +
        ` in ${times} trials: at most ${(100 * lossBound(times)).toFixed(1)} % of such faults lose one (95 % confidence)`
      : pc.red(`${lost} of ${acknowledged} acknowledged writes lost in ${times} trials`);
  return [
    verdict,
    ...Object.entries(outcomes).map(([outcome, count]) => `in ${count} of ${times} trials ${outcome}`),
    "",
    row("writers stood still", ["trials", "p50 s", "p99 s", "max s", "unknown", "failed"]),
    ...Object.entries(by).map(([name, figures]) => figuresRow(name, figures)),
    ...(Object.keys(by).length > 1 ? [figuresRow("all, slowest way", result)] : []),
    "",
    ...Object.entries(errors).map(([message, count]) => `${String(count).padStart(6)} times: ${message}`),
  ].join("\n");
}

const figuresRow = (name: string, figures: Figures): string =>
  row(name, [
    figures.times,
    figures.rto_p50_s.toFixed(2),
    figures.rto_p99_s.toFixed(2),
    figures.rto_max_s.toFixed(2),
    figures.unknown_writes,
    figures.failed_writes,
  ]);

const row = (name: string, cells: (string | number)[]): string =>
  name.padEnd(32) + cells.map((cell) => String(cell).padStart(9)).join("");
