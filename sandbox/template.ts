import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * The text of a file in `templates/` with each `${NAME}` replaced.
 *
 * @throws Error when a name in it has no value
 */
export function template(file: string, values: Record<string, string> = {}): string {
  const text = readFileSync(join(import.meta.dirname, "templates", file), "utf8");
  return text.replace(/\$\{([A-Z_]+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`templates/${file} has \${${name}} and nothing is known by that name`);
    return value;
  });
}

/** Writes a template to `path`, whose folders are made. */
export async function writeTemplate(path: string, file: string, values: Record<string, string>): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, template(file, values));
  return path;
}
