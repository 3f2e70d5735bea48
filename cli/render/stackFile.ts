import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, YAMLParseError } from "yaml";
import { nearest } from "../../stacks/nearest.ts";
import { UserError } from "../userError.ts";

/** A stack file's config in the form in which Pulumi gives it to a program. */
export interface StackConfig {
  /** Values by full key; objects as JSON. */
  values: Record<string, string>;
  /** Keys that hold an encrypted value. */
  secrets: string[];
}

/** What stands in a render where the config has an encrypted value. */
export const configPlaceholder = (key: string): string => `config(${key})`;

/**
 * Reads `Pulumi.<stack>.yaml` without decrypting anything.
 *
 * @param root the project's folder.
 * @throws UserError when there is no such stack or its YAML is broken.
 */
export function readStackFile(root: string, stack: string): StackConfig {
  const file = join(root, `Pulumi.${stack}.yaml`);
  if (!existsSync(file)) throw new UserError(noSuchStack(root, stack));
  return readConfigFile(root, file);
}

/**
 * Reads a stack's config from any file.
 *
 * @param root the project's folder, whose defaults apply.
 * @throws UserError when its YAML is broken.
 */
export function readConfigFile(root: string, file: string): StackConfig {
  const project = parseYaml(join(root, "Pulumi.yaml")) as {
    config?: Record<string, { default?: unknown; value?: unknown }>;
  };
  const stackConfig = (parseYaml(file) as { config?: Record<string, unknown> } | null)?.config ?? {};
  const defaults = Object.fromEntries(
    Object.entries(project.config ?? {}).map(([key, declared]) => [key, declared.value ?? declared.default]),
  );
  const merged = Object.entries({ ...defaults, ...stackConfig }).filter(([, value]) => value !== undefined);
  return {
    values: Object.fromEntries(merged.map(([key, value]) => [key, toText(key, value)])),
    secrets: merged.filter(([, value]) => isSecure(value)).map(([key]) => key),
  };
}

/** Names of the stacks of a project. */
export function stackNames(root: string): string[] {
  return readdirSync(root).flatMap((file) => /^Pulumi\.([^.]+)\.ya?ml$/.exec(file)?.[1] ?? []);
}

function noSuchStack(root: string, stack: string): string {
  const known = stackNames(root);
  const hint = nearest(stack, known);
  return `There is no stack ${stack}: Pulumi.${stack}.yaml does not exist.\n  stacks: ${known.join(", ") || "none"}${hint ? `\n  hint: ${hint}` : ""}`;
}

function parseYaml(file: string): unknown {
  try {
    return parse(readFileSync(file, "utf8")) as unknown;
  } catch (error) {
    if (error instanceof YAMLParseError) throw new UserError(`${file} is not valid YAML: ${error.message}`);
    throw error;
  }
}

const isSecure = (value: unknown): boolean => typeof value === "object" && value !== null && "secure" in value;

function toText(key: string, value: unknown): string {
  if (isSecure(value)) return configPlaceholder(key);
  return typeof value === "string" ? value : JSON.stringify(value);
}
