import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { execa } from "execa";
import { buildImages, imageBuilderPackages } from "../images/build.ts";
import { ensurePackages } from "../sandbox/packages.ts";
import { ensureToolchain } from "../sandbox/toolchain/build.ts";
import { whyNot } from "../sandbox/why-not.ts";

/** Runs of mocha at the same time: tests in clusters mostly wait. */
const LANES = 2;

/** So much of what a run that broke off said last is said again at the end. */
const LAST_LINES = 40;

/** How files of tests end. */
const SUFFIX = ".test.ts";

/** One run of mocha: files that share what they stand up. */
interface Group {
  name: string;
  files: string[];
}

/** How many tests of a run passed, failed and were skipped. */
type Counts = Record<"passed" | "failed" | "skipped", number>;

/** Files of tests in a folder and all below it. */
const filesIn = (...folder: string[]): string[] =>
  readdirSync(join(import.meta.dirname, ...folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(SUFFIX))
    .toSorted()
    .map((file) => join(import.meta.dirname, ...folder, file));

/** The tests that need none of what clusters are made of. */
const program: Group = { name: "program", files: [...filesIn("unit"), ...filesIn("program")] };

/** Suites with stacks of their own that take five minutes and more, the longest first: one that begins last has a lane for itself. */
const LONG = ["drills", "changes", "rebuild", "objectsCopy", "adopt", "outsideObjects", "upgrade", "edgeStore"];

/** How long a suite takes, as a number by which to sort: the longest has the least. */
const rank = ({ name }: Group): number => (LONG.includes(name) ? LONG.indexOf(name) : LONG.length);

/** All others, the longest first. */
const inClusters: Group[] = [
  { name: "local", files: [...filesIn("schema"), ...filesIn("cluster", "local")] },
  ...filesIn("cluster", "own")
    .map((file): Group => ({ name: basename(file, SUFFIX), files: [file] }))
    .toSorted((one, other) => rank(one) - rank(other)),
  { name: "engine", files: filesIn("engine") },
];

/** Shows a line of what is named. */
const show = (name: string, line: string): void => console.log(`${name.padEnd(15)} ${line}`);

/**
 * Builds what clusters are made of, once and before any of them: the first time takes a quarter of an hour, and the time that a
 * suite has is for what it tests.
 */
async function build(): Promise<void> {
  const report = (line: string): void => show("build", line);
  await Promise.all([ensureToolchain(report), buildImages({ report })]);
}

/** Types, lint and format of everything, counted as one test. */
async function check(): Promise<Counts> {
  const { failed, all } = await execa("npm", ["run", "--silent", "check"], {
    stdin: "ignore",
    all: true,
    reject: false,
  });
  for (const line of all.split("\n")) if (line) show("check", line);
  if (failed) unfinished.push("failed: check", ...all.split("\n").slice(-LAST_LINES));
  return { passed: failed ? 0 : 1, failed: failed ? 1 : 0, skipped: 0 };
}

/** Runs a group in a sandbox of the lane's own, and shows what mocha says as it says it. */
async function run({ name, files }: Group, lane: number): Promise<Counts> {
  const base = process.env["ARCHIPEL_TEST_INSTANCE"] ?? "stack";
  const mocha = execa("mocha", files, {
    preferLocal: true,
    localDir: import.meta.dirname,
    env: { ARCHIPEL_TEST_INSTANCE: lane === 0 ? base : `${base}${lane + 1}` },
    stdin: "ignore",
    all: true,
    buffer: false,
    reject: false,
  });
  let counts: Counts | undefined;
  const said: string[] = [];
  for await (const line of mocha.iterable({ from: "all" })) {
    show(name, line);
    said.push(line);
    const [, passed, failed, skipped] = /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(line) ?? [];
    if (skipped) counts = { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) };
  }
  const { failed, shortMessage } = await mocha;
  if (!failed && counts) return counts;
  unfinished.push(`failed: ${name}${counts ? "" : `, which did not come to its end: ${shortMessage}`}`);
  const failures = said.findIndex((line) => /^ {2}\d+ failing$/.test(stripVTControlCharacters(line)));
  unfinished.push(...said.slice(failures < 0 ? -LAST_LINES : failures));
  // A run that broke off counts as a test that failed.
  return counts?.failed ? counts : { passed: counts?.passed ?? 0, failed: 1, skipped: counts?.skipped ?? 0 };
}

/** What failed, with the reasons: between the lines of two lanes they are hard to find. */
const unfinished: string[] = [];
const total: Counts = { passed: 0, failed: 0, skipped: 0 };

const possible = !whyNot();
// The tests of the program use some of the packages too.
if (possible) await ensurePackages({ yes: true, others: imageBuilderPackages }, (line) => show("build", line));
// Suites that cannot go on without say so themselves.
const built = (possible ? build() : Promise.resolve()).catch((error: Error) => show("build", error.message));

/** What lanes do, the next of it first. */
const waiting: ((lane: number) => Promise<Counts>)[] = [
  (lane) => run(program, lane),
  check,
  ...inClusters.map((group) => async (lane: number) => {
    await built;
    return run(group, lane);
  }),
];

async function work(lane: number): Promise<void> {
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const counts = await next(lane);
    for (const key of ["passed", "failed", "skipped"] as const) total[key] += counts[key];
  }
}

await Promise.all(Array.from({ length: LANES }, (_, lane) => work(lane)));
for (const line of unfinished) console.log(line);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;
