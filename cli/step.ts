import ora from "ora";
import pc from "picocolors";

/** Told one line of news inside a step. */
export type Report = (line: string) => void;

/** Runs one named step of something long, shows that it goes on, and how long it took. */
export type Step = <T>(title: string, work: (report: Report) => Promise<T>) => Promise<T>;

/** Seconds of each finished step by title. */
export type StepTimes = Record<string, number>;

/**
 * Steps shown on standard error: a spinner with the latest news on a terminal, plain lines elsewhere.
 *
 * @param times filled with the seconds of each step.
 */
export function terminalSteps(times: StepTimes): Step {
  return async (title, work) => {
    const started = performance.now();
    const interactive = process.stderr.isTTY && !process.env["CI"];
    const spinner = ora({ text: title, isEnabled: interactive, stream: process.stderr }).start();
    const report: Report = (line) => {
      if (interactive) spinner.text = `${title} ${pc.dim(line)}`;
      else process.stderr.write(`  ${line}\n`);
    };
    try {
      const result = await work(report);
      times[title] = Math.round((performance.now() - started) / 10) / 100;
      spinner.succeed(`${title} ${pc.dim(`${times[title].toFixed(1)} s`)}`);
      return result;
    } catch (error) {
      spinner.fail(title);
      throw error;
    }
  };
}
