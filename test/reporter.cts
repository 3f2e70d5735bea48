import Mocha = require("mocha");

const { EVENT_RUN_END, EVENT_SUITE_BEGIN, EVENT_SUITE_END, EVENT_TEST_PENDING, EVENT_TEST_RETRY } =
  Mocha.Runner.constants;

/** So many lines of what a first try said are said again. */
const REASON_LINES = 12;

/** Suites that took at least so many seconds, with what they stood up and took away, are named at the end. */
const LONG_SECONDS = 20;

/**
 * Mocha's own report, then every skipped test, every test that needed a second try with what the first one said, how long the
 * long suites took, and one line that counts all tests.
 */
class Reporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const skipped: string[] = [];
    const retried: string[] = [];
    const began = new Map<Mocha.Suite, number>();
    const took: [string, number][] = [];
    runner.on(EVENT_TEST_PENDING, (test) => skipped.push(test.fullTitle()));
    runner.on(EVENT_TEST_RETRY, (test: Mocha.Test, { message }: Error) => {
      retried.push(`${test.fullTitle()}: ${message.split("\n", REASON_LINES).join("\n  ")}`);
    });
    runner.on(EVENT_SUITE_BEGIN, (suite) => began.set(suite, Date.now()));
    runner.on(EVENT_SUITE_END, (suite) => {
      if (suite.parent?.root) took.push([suite.title, (Date.now() - began.get(suite)!) / 1000]);
    });
    runner.once(EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      for (const title of skipped) console.log(`skipped: ${title}`);
      for (const title of retried) console.log(`needed a second try: ${title}`);
      const long = took.filter(([, seconds]) => seconds >= LONG_SECONDS).sort(([, a], [, b]) => b - a);
      for (const [title, seconds] of long) console.log(`${Math.round(seconds)} s: ${title}`);
      console.log(`${passes} passed, ${failures} failed, ${pending} skipped`);
    });
  }
}

export = Reporter;
