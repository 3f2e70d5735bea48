import Mocha = require("mocha");

const { EVENT_RUN_END, EVENT_TEST_PENDING, EVENT_TEST_RETRY } = Mocha.Runner.constants;

/**
 * Mocha's own report, then every skipped test, every test that needed a second try with what the first one said, and one line
 * that counts all tests.
 */
class Reporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const skipped: string[] = [];
    const retried: string[] = [];
    runner.on(EVENT_TEST_PENDING, (test) => skipped.push(test.fullTitle()));
    runner.on(EVENT_TEST_RETRY, (test: Mocha.Test, { message }: Error) => {
      retried.push(`${test.fullTitle()}: ${message.split("\n", 1)[0]}`);
    });
    runner.once(EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      for (const title of skipped) console.log(`skipped: ${title}`);
      for (const title of retried) console.log(`needed a second try: ${title}`);
      console.log(`${passes} passed, ${failures} failed, ${pending} skipped`);
    });
  }
}

export = Reporter;
