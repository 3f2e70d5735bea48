import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { drills, storeDrills } from "../cli/drill/drills.ts";
import { lossBound, type DrillResult, type Figures } from "../cli/drill/result.ts";
import { describeReads, type StoreDrillResult } from "../cli/drill/store/storeResult.ts";

/** What `archipel drill --json` printed. */
type Printed = (DrillResult | StoreDrillResult) & { stack: string };

/** Where results and plots of drills are kept: NAME.json and NAME.svg. */
const folder = join(import.meta.dirname, "drills");

/** Most messages of errors that are shown of a drill. */
const MOST_ERRORS = 6;

/** Path of the page that drillFigures writes. */
export const drillFiguresPath = join(import.meta.dirname, "drill-figures.md");

/** The page with the figures of each drill of which a result is kept, in the order of the command's list. */
export function drillFigures(): string {
  const kept = readdirSync(folder);
  const known = Object.entries({ ...drills, ...storeDrills }).filter(([name]) => kept.includes(`${name}.json`));
  const results = known.map(([name, { summary }]) => {
    const result = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as Printed;
    return { summary, result };
  });
  const sections = results.map(({ summary, result }) => section(summary, result));
  return `${[INTRODUCTION, overview(results.map(({ result }) => result)), ...sections].join("\n\n")}\n`;
}

/** Seconds that writes may stand still at most, where there is a target. */
const TARGETS: Record<string, string> = {
  "primary-kill": "p50 2, p99 5",
  switchover: "p50 2, p99 5",
  "node-loss": "p50 25, max 30",
  "object-node-loss": "max 5",
};

const overview = (results: Printed[]): string =>
  [
    "| Drill | Trials | p50 | p99 | max | Target | Acknowledged writes lost |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...results.map(
      ({ drill, times, rto_p50_s, rto_p99_s, rto_max_s, acknowledged_writes, lost_acknowledged_writes }) => {
        const seconds = [rto_p50_s, rto_p99_s, rto_max_s].map((one) => one.toFixed(2)).join(" | ");
        const lost = `${count(lost_acknowledged_writes)} of ${count(acknowledged_writes)}`;
        return `| [${drill}](#${drill}) | ${times} | ${seconds} | ${TARGETS[drill] ?? ""} | ${lost} |`;
      },
    ),
  ].join("\n");

const INTRODUCTION = `# Figures of the drills

What the command printed, on a shared virtual machine with two cores and 24 GB, clients and all nodes among them. Most ran two at
a time, each on a stack of its own, beside a compilation of lowest priority (load 15 to 35): upper bounds. primary-kill and
switchover ran alone, but for tests of the program now and then (load 8 to 16); primary-kill before a primary that has shut down asked the
replicas at once. \`npm run docs\`
makes this page from \`docs/drills/\`; each command below writes its two files there. What a drill does, what its figures mean and
what is promised: [drills.md](drills.md). Times in seconds. The line of a plot is the median of all trials, the area around it
reaches from the least to the most.`;

function section(summary: string, result: Printed): string {
  const { drill, stack, times, acknowledged_writes, lost_acknowledged_writes, by, errors, outcomes = {} } = result;
  const command = `npx archipel drill ${drill} --stack ${stack} --times ${times} --json --plot docs/drills/${drill}.svg`;
  const bound = `at most ${(100 * lossBound(times)).toFixed(1)} of 100 such faults lose one, with a confidence of 95 in 100`;
  const messages = Object.entries(errors)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, MOST_ERRORS);
  return [
    `## ${drill}`,
    `${summary[0]!.toUpperCase()}${summary.slice(1)}.`,
    `    ${command} > docs/drills/${drill}.json`,
    `${count(lost_acknowledged_writes)} of ${count(acknowledged_writes)} acknowledged writes lost in ${times} trials` +
      (lost_acknowledged_writes === 0 ? `: ${bound}.` : "."),
    ...Object.entries(outcomes).map(([outcome, trials]) => `In ${trials} of ${times} trials ${outcome}.`),
    [
      "| Fault | Way | Trials | p50 | p99 | max | acknowledged | lost | unknown | failed |",
      "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
      ...Object.entries(by).map(([key, figures]) => row(key.split("/"), figures)),
      row(["all", "slowest"], result),
    ].join("\n"),
    ...("reads" in result ? [`${describeReads(result)}.`] : []),
    ...(messages.length > 0
      ? [
          "What clients were told most often:",
          messages.map(([text, times]) => `- ${count(times)} times \`${text}\``).join("\n"),
        ]
      : []),
    `![Acknowledged writes per second around each fault](drills/${drill}.svg)`,
  ].join("\n\n");
}

const row = (names: string[], figures: Figures): string =>
  `| ${[
    ...names,
    figures.times,
    ...[figures.rto_p50_s, figures.rto_p99_s, figures.rto_max_s].map((seconds) => seconds.toFixed(2)),
    ...[
      figures.acknowledged_writes,
      figures.lost_acknowledged_writes,
      figures.unknown_writes,
      figures.failed_writes,
    ].map(count),
  ].join(" | ")} |`;

const count = (number: number): string => number.toLocaleString("en");
