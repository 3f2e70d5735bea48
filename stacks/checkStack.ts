import { readFileSync } from "node:fs";
import type { ImageLock } from "../components/images.ts";
import { findMistakes } from "./check/check.ts";
import { keys, PROJECT, readConfig, type Config } from "./config.ts";
import type { Mistake } from "./mistakes.ts";

/** Names another image lock, for clusters that take images from a registry of their own. */
export const LOCK_VARIABLE = "ARCHIPEL_IMAGE_LOCK";

/** A stack's config with everything that is wrong in it. */
export interface CheckedStack {
  /** The config; complete only where there is no mistake. */
  config: Config;
  /** Digests of the platform's images. */
  lock: ImageLock;
  /** Every mistake. */
  mistakes: Mistake[];
}

/**
 * Checks a stack's values: shapes first, then what refers to what.
 *
 * @param name name of the stack.
 * @param values config values by full key, objects as JSON: what Pulumi gives a program.
 */
export function checkStack(name: string, values: Record<string, string>): CheckedStack {
  const raw = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, parseValue(key, value)]));
  const { config, mistakes, wrong } = readConfig(raw);
  const { lock, mistakes: lockMistakes } = readLock(config.images?.lock);
  const secrets = Object.keys(values)
    .filter((key) => key.startsWith(`${PROJECT}:`))
    .map((key) => key.slice(PROJECT.length + 1));
  const context = { stack: name, images: lock && Object.keys(lock.images), secrets, wrong };
  return {
    config: config as Config,
    lock: lock ?? { images: {} },
    mistakes: [...mistakes, ...lockMistakes, ...findMistakes(config, context)],
  };
}

/** Objects arrive as JSON; a value that is not JSON is left as text, for its schema to judge. */
function parseValue(key: string, value: string): unknown {
  if (!Object.keys(keys).some((name) => key === `${PROJECT}:${name}`)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/** The lock, or why there is none. */
function readLock(path: string | undefined): { lock?: ImageLock; mistakes: Mistake[] } {
  const file = process.env[LOCK_VARIABLE] ?? path;
  if (file === undefined) return { mistakes: [] };
  const mistake = (allowed: string): { mistakes: Mistake[] } => ({
    mistakes: [
      {
        path: `${PROJECT}:images.lock`,
        found: JSON.stringify(file),
        allowed,
        hint: "npx tsx images/publish.ts REGISTRY/PATH writes one",
      },
    ],
  });
  try {
    const lock = JSON.parse(readFileSync(file, "utf8")) as Partial<ImageLock>;
    return typeof lock.images === "object"
      ? { lock: lock as ImageLock, mistakes: [] }
      : mistake("{images: {NAME: {tag, digest}}}");
  } catch {
    return mistake("a JSON file that can be read");
  }
}
