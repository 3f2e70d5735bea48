/** What a server said, without what the programs on the way to it add. */
export const serverWords = (text: string): string =>
  text
    .split("\n")
    .map((line) => line.replace(/^psql: error: /, "").trim())
    .filter((line) => line !== "" && !/^(command terminated with exit code|NOTICE:|Defaulted container)/.test(line))
    .join("\n  ");
