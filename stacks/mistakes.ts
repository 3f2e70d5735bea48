/** One thing wrong in a stack's config, said so that the reader can mend it. */
export interface Mistake {
  /** Path in the YAML, such as `archipel:sites[0].capabilities.nodes`. */
  path: string;
  /** What stands there now, printed; undefined where nothing does. */
  found?: string;
  /** What may stand there, or what is wrong with what does. */
  allowed: string;
  /** What to do: a near-miss name, a command. */
  hint?: string;
}

/** Longest excerpt of a found value that a message shows. */
const EXCERPT = 80;

/** Prints a found value on one line, cut to a readable length. */
export function excerpt(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const text = JSON.stringify(value);
  return text.length > EXCERPT ? `${text.slice(0, EXCERPT)}...` : text;
}

/** Formats all mistakes as the text that `archipel` and `pulumi` show. */
export function describeMistakes(stack: string, mistakes: Mistake[]): string {
  const count = mistakes.length === 1 ? "1 mistake" : `${mistakes.length} mistakes`;
  return `Pulumi.${stack}.yaml has ${count}; nothing was changed.\n${describeMistakeList(mistakes)}`;
}

/** Formats mistakes without a heading. */
export function describeMistakeList(mistakes: Mistake[]): string {
  return mistakes
    .map(({ path, found, allowed, hint }) =>
      [
        `  ${path}`,
        `    found: ${found ?? "nothing"}`,
        `    allowed: ${allowed}`,
        ...(hint ? [`    hint: ${hint}`] : []),
      ].join("\n"),
    )
    .join("\n");
}
